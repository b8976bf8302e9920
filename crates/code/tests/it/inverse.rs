//! Renaming back gives the bytes back.

use axon_code::rename;
use proptest::prelude::*;

use crate::harness::{Memory, request};

/// Pieces of modules that use `NAME` in every way that is decided.
const PIECES: &[&str] = &[
    "def NAME(x=1):\n    return x\n",
    "class Holder:\n    def other(self, NAME=2): return NAME\n",
    "value = [NAME for _ in range(3)]\n",
    "def user():\n    return NAME(), lambda: NAME\n",
    "def hides(NAME):\n    return NAME\n",
    "__all__ = ['NAME']\n",
    "def documented():\n    '''Says.\r\n\r\n    >>> NAME()\r\n    '''\r\n",
    "x: 'NAME' = f'{NAME!r}' 'é'\n",
    "def g():\n    global NAME\n    return NAME\n",
];

const USES: &[&str] = &[
    "from pkg.mod import NAME\nNAME()\n",
    "from pkg.mod import NAME as other\nother()\n",
    "import pkg.mod as m\nm.NAME()\n",
    "from pkg import NAME\nprint(NAME, NAME=1)\n",
    "from pkg.mod import *\ndef f(): return NAME\n",
    "def f():\n\tfrom pkg.mod import (NAME,\n\t\tother)\n\treturn NAME\n",
];

fn repository() -> impl Strategy<Value = Memory> {
    let pieces = prop::collection::vec(prop::sample::select(PIECES), 0..8);
    let uses = prop::collection::vec(prop::sample::select(USES), 0..5);
    (pieces, uses, any::<bool>(), any::<bool>()).prop_map(|(pieces, uses, crlf, mark)| {
        let mut module = PIECES[0].to_owned();
        module.extend(pieces);
        let mut files = vec![
            ("pkg/__init__.py".to_owned(), "from .mod import NAME\n".to_owned()),
            ("pkg/mod.py".to_owned(), module),
        ];
        for (number, text) in uses.into_iter().enumerate() {
            files.push((format!("use{number}.py"), text.to_owned()));
        }
        let finish = |text: String| {
            let text = text.replace("NAME", "total");
            let text = if crlf { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text };
            let mark = if mark { "\u{feff}" } else { "" };
            format!("{mark}{text}").into_bytes()
        };
        Memory::of(files.into_iter().map(|(path, text)| (path, finish(text))).collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn renaming_back_gives_the_same_bytes_and_sites(before in repository()) {
        let (there, paths) = request("pkg.mod.total order_total kind=function");
        let first = rename(&before, &there, &paths).unwrap();
        let middle = before.edited(&first);
        let (back, paths) = request("pkg.mod.order_total total kind=function");
        let second = rename(&middle, &back, &paths).unwrap();
        let after = middle.edited(&second);
        for path in before.paths() {
            prop_assert_eq!(before.get(path), after.get(path), "{}", path);
        }
        let count = |located: &axon_code::Located| -> Vec<(String, usize)> {
            located.files.iter().map(|file| (file.path.clone(), file.sites.len())).collect()
        };
        prop_assert_eq!(count(&first), count(&second));
    }

    #[test]
    fn any_text_is_survived(text in "\\PC{0,200}") {
        let text = format!("def total(): ...\n{text}\ntotal()\n");
        let files = Memory::of(vec![("a.py".to_owned(), text.into_bytes())]);
        let (asked, paths) = request("total order_total");
        if let Ok(located) = rename(&files, &asked, &paths) {
            files.edited(&located);
        }
    }

    #[test]
    fn any_tokens_are_survived(
        tokens in prop::collection::vec(
            prop::sample::select(vec![
                "total", "def ", "class ", "(", ")", "[", "]", ":", "\n", "\n    ", "=", ",", ".",
                "lambda ", "'", "\"\"\"", "for ", " in ", "import ", "from ", " as ", "@", "*",
                "match ", "case ", "global ", "{", "}", "#", "f'", ">>> ", "\\",
            ]),
            0..60,
        )
    ) {
        let text = format!("def total(): ...\n{}", tokens.concat());
        let files = Memory::of(vec![("a.py".to_owned(), text.into_bytes())]);
        let (asked, paths) = request("total order_total include keep");
        if let Ok(located) = rename(&files, &asked, &paths) {
            files.edited(&located);
        }
    }
}
