//! What the language says about names: keywords, builtins, functions that take names as text.

use super::index::TextRole;

/// <https://docs.python.org/3/reference/lexical_analysis.html#keywords>
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Why a text is not an identifier of Python; `None` where it is one.
pub(super) fn refuse(name: &str) -> Option<String> {
    if KEYWORDS.contains(&name) {
        return Some(format!("`{name}` is a keyword of Python"));
    }
    let mut characters = name.chars();
    let starts = |c: char| c == '_' || unicode_ident::is_xid_start(c);
    let well_formed =
        characters.next().is_some_and(starts) && characters.all(unicode_ident::is_xid_continue);
    if !well_formed {
        return Some(format!("`{name}` is not an identifier of Python"));
    }
    if name == "__debug__" {
        return Some("`__debug__` cannot be assigned".to_owned());
    }
    None
}

/// Names that are there without any import, as of Python 3.14.
pub(super) fn is_builtin(name: &str) -> bool {
    BUILTINS.binary_search(&name).is_ok() || name.ends_with("Error") || name.ends_with("Warning")
}

const BUILTINS: &[&str] = &[
    "ArithmeticError",
    "BaseException",
    "BaseExceptionGroup",
    "Ellipsis",
    "Exception",
    "ExceptionGroup",
    "False",
    "GeneratorExit",
    "KeyboardInterrupt",
    "None",
    "NotImplemented",
    "StopAsyncIteration",
    "StopIteration",
    "SystemExit",
    "True",
    "__build_class__",
    "__debug__",
    "__doc__",
    "__file__",
    "__import__",
    "__loader__",
    "__name__",
    "__package__",
    "__path__",
    "__spec__",
    "abs",
    "aiter",
    "all",
    "anext",
    "any",
    "ascii",
    "bin",
    "bool",
    "breakpoint",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "compile",
    "complex",
    "copyright",
    "credits",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "exit",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "help",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "license",
    "list",
    "locals",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "quit",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
];

/// Names that the interpreter looks up by itself.
pub(super) fn is_special(name: &str) -> bool {
    name.len() > 4 && name.starts_with("__") && name.ends_with("__")
}

/// Names that the interpreter makes private to the class in whose body they stand
/// (<https://docs.python.org/3/reference/expressions.html#private-name-mangling>).
pub(super) fn is_private(name: &str) -> bool {
    name.starts_with("__") && !name.ends_with("__")
}

/// Bases outside of the project whose members are known to be few, and whether one of them has
/// this name; `None` for a base that is not known.
pub(super) fn known_member(base: &str, name: &str) -> Option<bool> {
    let last = base.rsplit('.').next().unwrap_or(base);
    let members = match last {
        "object" | "ABC" | "Generic" | "Protocol" | "TypedDict" | "ABCMeta" | "bool" => "",
        "NamedTuple" | "tuple" | "Tuple" => "count index",
        "Enum" | "IntEnum" | "StrEnum" | "Flag" | "IntFlag" => {
            "name value conjugate format count index"
        }
        "dict" | "Dict" | "OrderedDict" | "defaultdict" | "UserDict" | "Mapping"
        | "MutableMapping" => {
            "clear copy fromkeys get items keys move_to_end pop popitem setdefault update values \
             data default_factory"
        }
        "list" | "List" | "UserList" | "Sequence" | "MutableSequence" | "deque" => {
            "append appendleft clear copy count data extend extendleft index insert maxlen pop \
             popleft remove reverse rotate sort"
        }
        "set" | "Set" | "frozenset" | "FrozenSet" | "AbstractSet" | "MutableSet" => {
            "add clear copy difference difference_update discard intersection \
             intersection_update isdisjoint issubset issuperset pop remove symmetric_difference \
             symmetric_difference_update union update"
        }
        _ if is_exception(base) => {
            "add_note args characters_written code derive errno exceptions filename filename2 \
             lineno message msg name obj offset path reason split start strerror subgroup text \
             value with_traceback"
        }
        _ => return None,
    };
    Some(members.split_whitespace().any(|member| member == name))
}

fn is_exception(name: &str) -> bool {
    (name.ends_with("Error") || name.ends_with("Warning") || name.ends_with("Exception"))
        && is_builtin(name)
        || matches!(name, "Exception" | "BaseException")
}

/// Functions whose strings are names, and whether some of their arguments are types.
pub(super) fn takes_text(callee: &str) -> (Option<&'static TextRole>, bool) {
    let last = callee.rsplit('.').next().unwrap_or(callee);
    let role = match last {
        "getattr" | "setattr" | "hasattr" | "delattr" | "attrgetter" | "methodcaller"
        | "import_module" | "__import__" | "import_string" => Some(&TextRole::LooksUp),
        "patch" | "object" | "multiple" | "spy" | "stub"
            if last == "patch" || callee.contains("patch") || callee.contains("mock") =>
        {
            Some(&TextRole::Patches)
        }
        "setitem" | "delitem" if callee.contains("monkeypatch") => Some(&TextRole::Patches),
        "eval" | "exec" | "compile" | "timeit" => Some(&TextRole::Evaluates),
        _ => None,
    };
    let role = if callee.contains("monkeypatch") { Some(&TextRole::Patches) } else { role };
    (role, matches!(last, "cast" | "TypeVar" | "NewType"))
}

/// `Literal[...]` holds values, not types.
pub(super) fn is_literal_type(name: &str) -> bool {
    name.rsplit('.').next() == Some("Literal")
}

/// Tables of names by text: `globals()["x"]`.
pub(super) fn is_name_table(expr: &str) -> bool {
    matches!(expr, "globals()" | "locals()" | "vars()")
        || expr.starts_with("vars(")
        || expr.ends_with(".__dict__")
}
