//! Python: whatever stands in the files, there is an answer, and what it edits is the name.

use axon_code::{Files as _, rename};
use proptest::prelude::*;

use crate::harness::{Memory, request};

/// Statements that tie classes, values and modules together, also in circles.
const PIECES: &[&str] = &[
    "class C(B):\n    def total(self): return self.total()\n",
    "class B(C, D):\n    total = C.total\n",
    "class D(a.C, b.D): pass\n",
    "class C(C):\n    def total(self): return super().total()\n",
    "from a import *\n",
    "from b import *\n",
    "from a import C as B, total\n",
    "from b import B as C, D as total\n",
    "import a, b\n",
    "import a as b\n",
    "B = C\nC = D\nD = B\n",
    "x = x.total().total()\n",
    "x = y[0] or z()\ny = [x, x.total]\nz = lambda: y\n",
    "def total(total=total): return total(total)\n",
    "def f(x: B, y: 'C') -> D:\n    global total, D\n    class D(B):\n        def total(self): ...\n    return x.total() or y.total() or f(x, y)\n",
    "def g():\n    x = None\n    def h():\n        nonlocal x\n        class x(C):\n            def total(self): return g().total()\n        return x()\n    return h()\n",
    "@property\ndef total(self): return self.x.total\n",
    "for x in x.total(): x.total()\n",
    "with x.total() as x: x.total()\n",
    "if x:\n    def total(): ...\nelse:\n    total = 1\n",
    "__all__ = ['total', 'C'] + b.__all__\n",
    "def total():\n    '''\n    >>> total(); C().total()\n    '''\n",
    "del total\n",
    "total: 'List[\"total\"]' = getattr(C, 'total')\n",
    "class P(Protocol):\n    def total(self): ...\n",
    "(x := total) and [total for total in total if (y := total)]\n",
    "match total:\n    case C(total=total): total()\n",
    "class C[T: total](B[T]):\n    def total(self) -> T: ...\n",
    "def __getattr__(name): return total\n",
];

fn module() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn any_mixture_of_statements_has_an_answer(
        a in module(),
        b in module(),
        method in any::<bool>(),
        include in any::<bool>(),
    ) {
        let first = if method {
            "class C:\n    def total(self): ...\n"
        } else {
            "def total(): ...\n\n"
        };
        let files = Memory::parse(&format!("//- a.py\n{first}{a}//- b.py\n{b}"));
        let line = if method { 2 } else { 1 };
        let how = if include { "include" } else { "keep" };
        let (request, paths) = request(&format!("total sum_up {how} at=a.py:{line}"));
        if let Ok(located) = rename(&files, &request, &paths) {
            let after = files.edited(&located);
            for file in &located.files {
                let before = String::from_utf8(files.get(&file.path).to_vec()).unwrap();
                for site in &file.sites {
                    let old = &before[site.edit.start..site.edit.end];
                    prop_assert!(old.is_empty() || old == "total", "{old:?}");
                }
            }
            prop_assert_eq!(files.list().len(), after.list().len());
        }
    }
}
