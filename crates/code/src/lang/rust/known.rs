//! What every Rust program knows of the standard library: which of its types pass method calls
//! on, hold elements, or hand out what they hold.
//!
//! References are stripped and every iterator is `Iter<Item>`: only what decides which method
//! of the project a call means is modelled.

use super::methods::Answer;
use super::types::Ty;

const POINTERS: &[&str] = &[
    "Arc",
    "Box",
    "Cow",
    "LazyCell",
    "LazyLock",
    "ManuallyDrop",
    "MutexGuard",
    "Pin",
    "Rc",
    "Ref",
    "RefMut",
    "RwLockReadGuard",
    "RwLockWriteGuard",
    "AssertUnwindSafe",
    "MappedMutexGuard",
];

const LISTS: &[&str] = &[
    "[]",
    "Vec",
    "VecDeque",
    "HashSet",
    "BTreeSet",
    "BinaryHeap",
    "LinkedList",
    "Iter",
    "IterMut",
    "IntoIter",
    "Drain",
    "Range",
    "RangeInclusive",
    "Peekable",
    "Rev",
    "Option",
];

const OTHERS: &[&str] = &[
    "!",
    "Atomic",
    "AtomicBool",
    "AtomicUsize",
    "BTreeMap",
    "Cell",
    "Duration",
    "Entry",
    "Formatter",
    "HashMap",
    "Instant",
    "Mutex",
    "OnceCell",
    "OnceLock",
    "Ordering",
    "Path",
    "PathBuf",
    "PhantomData",
    "RefCell",
    "Result",
    "RwLock",
    "String",
    "UnsafeCell",
];

const PRIMITIVES: &[&str] = &[
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16",
    "u32", "u64", "u128", "usize",
];

/// A type that passes method calls on to what it points to.
pub(super) fn is_pointer(name: &str) -> bool {
    POINTERS.contains(&name)
}

/// A type of the standard library that does not.
pub(super) fn is_type(name: &str) -> bool {
    LISTS.contains(&name) || OTHERS.contains(&name) || PRIMITIVES.contains(&name)
}

/// The type of a number; without a suffix it could be several.
pub(super) fn literal(text: &str) -> Ty {
    let suffix = PRIMITIVES.iter().find(|name| name.len() > 1 && text.ends_with(**name));
    Ty::foreign(suffix.copied().unwrap_or(NUMBER), Vec::new())
}

/// The type of a number that does not say it.
pub(super) const NUMBER: &str = "{number}";

/// A type of numbers.
pub(super) fn is_number(name: &str) -> bool {
    PRIMITIVES.contains(&name) && !matches!(name, "bool" | "char" | "str")
}

/// A type or trait that every module sees without an import.
pub(super) fn is_prelude_type(name: &str) -> bool {
    const PRELUDE: &[&str] = &[
        "Option",
        "Result",
        "Vec",
        "String",
        "Box",
        "Clone",
        "Copy",
        "Send",
        "Sync",
        "Sized",
        "Drop",
        "Fn",
        "FnMut",
        "FnOnce",
        "AsRef",
        "AsMut",
        "Into",
        "From",
        "Default",
        "Iterator",
        "IntoIterator",
        "Extend",
        "DoubleEndedIterator",
        "ExactSizeIterator",
        "ToOwned",
        "ToString",
        "PartialEq",
        "Eq",
        "PartialOrd",
        "Ord",
        "TryFrom",
        "TryInto",
        "FromIterator",
        "Unpin",
    ];
    PRELUDE.contains(&name) || PRIMITIVES.contains(&name)
}

/// Whether a type of the standard library has a method of this name itself, so that one of a
/// trait is never reached.
pub(super) fn has_method(ty: &str, name: &str) -> bool {
    let shared = ["len", "is_empty", "iter", "get", "clear", "contains", "first", "last"];
    let on_lists = ["push", "pop", "insert", "remove", "sort", "extend", "truncate", "retain"];
    match ty {
        "[]" | "Vec" | "VecDeque" | "HashSet" | "BTreeSet" => {
            shared.contains(&name) || on_lists.contains(&name)
        }
        "HashMap" | "BTreeMap" => {
            ["len", "is_empty", "iter", "get", "clear", "insert", "remove", "entry", "keys"]
                .contains(&name)
        }
        "String" | "str" => {
            ["len", "is_empty", "chars", "push_str", "trim", "lines", "split", "contains"]
                .contains(&name)
        }
        "Option" | "Result" => {
            ["unwrap", "expect", "map", "and_then", "ok", "iter", "take", "filter"].contains(&name)
        }
        _ => false,
    }
}

/// Whether a type implements a trait of the standard library, as far as that is plain.
pub(super) fn implements(ty: &Ty, of_trait: &str) -> Answer {
    let Ty::Foreign(name, _) = ty else {
        return match ty {
            Ty::Bounded(bounds) if bounds.iter().any(|bound| &*bound.name == of_trait) => {
                Answer::Yes
            }
            _ => Answer::Maybe,
        };
    };
    let iterates =
        ["Iter", "IterMut", "IntoIter", "Drain", "Range", "Rev", "Peekable"].contains(&&**name);
    match of_trait {
        "Iterator" if iterates => Answer::Yes,
        "Iterator" | "Read" | "Write" | "BufRead" | "Error" | "Future" | "Fn" | "FnMut"
            if PRIMITIVES.contains(&&**name) || is_type(name) && !iterates =>
        {
            Answer::No
        }
        "Clone" | "Copy" | "Debug" | "Display" | "PartialEq" | "PartialOrd"
            if PRIMITIVES.contains(&&**name) =>
        {
            Answer::Yes
        }
        _ => Answer::Maybe,
    }
}

/// What iterating over a value gives.
pub(super) fn element(ty: &Ty) -> Ty {
    match ty {
        Ty::Foreign(name, arguments) => match (&**name, arguments.as_slice()) {
            ("HashMap" | "BTreeMap", [key, value, ..]) => {
                Ty::Tuple(vec![key.clone(), value.clone()])
            }
            (pointer, [inner]) if is_pointer(pointer) => element(inner),
            (list, [inner, ..]) if LISTS.contains(&list) => inner.clone(),
            _ => Ty::Unknown,
        },
        Ty::Bounded(bounds) => {
            let iterates = bounds.iter().find(|bound| {
                matches!(
                    &*bound.name,
                    "Iterator" | "IntoIterator" | "DoubleEndedIterator" | "ExactSizeIterator"
                )
            });
            iterates.and_then(|bound| bound.arguments.first()).cloned().unwrap_or(Ty::Unknown)
        }
        _ => Ty::Unknown,
    }
}

/// What `value[index]` gives.
pub(super) fn indexed(ty: &Ty) -> Ty {
    match ty {
        Ty::Foreign(name, arguments) => match (&**name, arguments.as_slice()) {
            ("HashMap" | "BTreeMap", [_, value, ..]) => value.clone(),
            (pointer, [inner]) if is_pointer(pointer) => indexed(inner),
            (list, [inner, ..]) if LISTS.contains(&list) => inner.clone(),
            _ => Ty::Unknown,
        },
        _ => Ty::Unknown,
    }
}

fn wrap(name: &str, inner: Ty) -> Ty {
    Ty::foreign(name, vec![inner])
}

/// What `receiver.name(…)` gives; `result` is what a closure among the arguments returns.
pub(super) fn result(receiver: &Ty, name: &str, result: &dyn Fn() -> Ty) -> Ty {
    match name {
        "to_string" | "to_uppercase" | "to_lowercase" => return Ty::foreign("String", Vec::new()),
        "clone" | "to_owned" | "by_ref" => return receiver.clone(),
        _ => {}
    }
    let Ty::Foreign(head, arguments) = receiver else {
        return match receiver {
            Ty::Bounded(_) if element(receiver) != Ty::Unknown => {
                on_iterator(element(receiver), name, result)
            }
            _ => Ty::Unknown,
        };
    };
    let first = arguments.first().cloned().unwrap_or(Ty::Unknown);
    let second = arguments.get(1).cloned().unwrap_or(Ty::Unknown);
    match &**head {
        "Option" => on_option(first, name, result),
        "Result" => on_result(first, &second, name, result),
        "HashMap" | "BTreeMap" => on_map(&first, second, name),
        "Entry" => match name {
            "or_insert" | "or_insert_with" | "or_default" | "or_insert_with_key" => second,
            "and_modify" => receiver.clone(),
            _ => Ty::Unknown,
        },
        "RefCell" | "Cell" | "UnsafeCell" => match name {
            "borrow" | "borrow_mut" | "get_mut" | "into_inner" | "get" | "take" | "replace" => {
                first
            }
            _ => Ty::Unknown,
        },
        "Mutex" | "RwLock" => match name {
            "lock" | "read" | "write" | "into_inner" | "get_mut" => wrap("Result", first),
            _ => Ty::Unknown,
        },
        "OnceLock" | "OnceCell" => match name {
            "get" | "get_mut" | "into_inner" => wrap("Option", first),
            "get_or_init" => first,
            _ => Ty::Unknown,
        },
        "str" | "String" => match name {
            "chars" => wrap("Iter", Ty::foreign("char", Vec::new())),
            "bytes" => wrap("Iter", Ty::foreign("u8", Vec::new())),
            "lines" | "split" | "split_whitespace" | "splitn" => {
                wrap("Iter", Ty::foreign("str", Vec::new()))
            }
            "len" => Ty::foreign("usize", Vec::new()),
            "trim" | "as_str" | "trim_start" | "trim_end" => Ty::foreign("str", Vec::new()),
            _ => Ty::Unknown,
        },
        "Box" | "Rc" | "Arc" | "Cow"
            if matches!(name, "as_ref" | "as_mut" | "into_owned" | "to_mut" | "borrow") =>
        {
            first
        }
        pointer if is_pointer(pointer) => self::result(&first, name, result),
        "Iter" | "IterMut" | "IntoIter" | "Drain" | "Range" | "RangeInclusive" | "Peekable"
        | "Rev" => on_iterator(first, name, result),
        list if LISTS.contains(&list) => on_list(receiver, first, name),
        _ => Ty::Unknown,
    }
}

fn on_option(inner: Ty, name: &str, result: &dyn Fn() -> Ty) -> Ty {
    match name {
        "unwrap" | "expect" | "unwrap_or" | "unwrap_or_else" | "unwrap_or_default"
        | "unwrap_unchecked" | "get_or_insert_with" | "get_or_insert" | "insert" => inner,
        "as_ref" | "as_mut" | "take" | "cloned" | "copied" | "filter" | "or" | "or_else"
        | "replace" | "inspect" | "xor" => wrap("Option", inner),
        "as_deref" | "as_deref_mut" => wrap("Option", pointee(inner)),
        "ok_or" | "ok_or_else" => Ty::foreign("Result", vec![inner, Ty::Unknown]),
        "map" => wrap("Option", result()),
        "and_then" | "map_or_else" => result(),
        "iter" | "iter_mut" | "into_iter" => wrap("Iter", inner),
        _ => Ty::Unknown,
    }
}

fn on_result(inner: Ty, error: &Ty, name: &str, result: &dyn Fn() -> Ty) -> Ty {
    match name {
        "unwrap" | "expect" | "unwrap_or" | "unwrap_or_else" | "unwrap_or_default" => inner,
        "unwrap_err" | "expect_err" | "into_err" => error.clone(),
        "as_ref" | "as_mut" | "cloned" | "copied" | "inspect" | "or_else" | "inspect_err" => {
            Ty::foreign("Result", vec![inner, error.clone()])
        }
        "map_err" => Ty::foreign("Result", vec![inner, result()]),
        "ok" => wrap("Option", inner),
        "err" => wrap("Option", error.clone()),
        "map" => Ty::foreign("Result", vec![result(), error.clone()]),
        "and_then" => result(),
        "iter" | "into_iter" => wrap("Iter", inner),
        _ => Ty::Unknown,
    }
}

fn on_map(key: &Ty, value: Ty, name: &str) -> Ty {
    match name {
        "get" | "get_mut" | "remove" | "insert" => wrap("Option", value),
        "keys" | "into_keys" => wrap("Iter", key.clone()),
        "values" | "values_mut" | "into_values" => wrap("Iter", value),
        "iter" | "iter_mut" | "into_iter" | "drain" | "range" => {
            wrap("Iter", Ty::Tuple(vec![key.clone(), value]))
        }
        "entry" => Ty::foreign("Entry", vec![key.clone(), value]),
        "first_key_value" | "last_key_value" | "pop_first" | "pop_last" | "remove_entry" => {
            wrap("Option", Ty::Tuple(vec![key.clone(), value]))
        }
        "len" => Ty::foreign("usize", Vec::new()),
        _ => Ty::Unknown,
    }
}

fn on_list(list: &Ty, inner: Ty, name: &str) -> Ty {
    match name {
        "iter" | "iter_mut" | "into_iter" | "drain" | "union" | "intersection" | "difference" => {
            wrap("Iter", inner)
        }
        "get" | "get_mut" | "first" | "last" | "first_mut" | "last_mut" | "pop" | "pop_front"
        | "pop_back" | "front" | "back" | "front_mut" | "back_mut" | "peek" | "take"
        | "pop_first" | "pop_last" => wrap("Option", inner),
        "remove" | "swap_remove" => inner,
        "as_slice" | "as_mut_slice" | "to_vec" | "as_ref" | "as_mut" | "into_boxed_slice"
        | "split_off" => list.clone(),
        "chunks" | "windows" | "chunks_exact" | "rchunks" => wrap("Iter", wrap("[]", inner)),
        "split_first" | "split_last" => {
            let rest = wrap("[]", inner.clone());
            wrap("Option", Ty::Tuple(vec![inner, rest]))
        }
        "split_at" | "split_at_mut" => Ty::Tuple(vec![list.clone(), list.clone()]),
        "len" | "capacity" => Ty::foreign("usize", Vec::new()),
        _ => Ty::Unknown,
    }
}

fn on_iterator(inner: Ty, name: &str, result: &dyn Fn() -> Ty) -> Ty {
    match name {
        "rev" | "skip" | "take" | "filter" | "skip_while" | "take_while" | "step_by" | "chain"
        | "cycle" | "peekable" | "fuse" | "inspect" | "cloned" | "copied" | "into_iter"
        | "iter" => wrap("Iter", inner),
        "map" => wrap("Iter", result()),
        "filter_map" | "map_while" | "flat_map" => wrap("Iter", element(&result())),
        "flatten" => wrap("Iter", element(&inner)),
        "enumerate" => wrap("Iter", Ty::Tuple(vec![Ty::foreign("usize", Vec::new()), inner])),
        "next" | "last" | "nth" | "find" | "min_by_key" | "max_by_key" | "min" | "max"
        | "min_by" | "max_by" | "next_back" | "peek" | "reduce" | "peek_mut" => {
            wrap("Option", inner)
        }
        "find_map" => result(),
        "count" => Ty::foreign("usize", Vec::new()),
        _ => Ty::Unknown,
    }
}

fn pointee(ty: Ty) -> Ty {
    match &ty {
        Ty::Foreign(name, arguments) if is_pointer(name) => {
            arguments.last().cloned().unwrap_or(Ty::Unknown)
        }
        _ => ty,
    }
}

/// The type of a parameter of the closure given to `receiver.name(…)`.
pub(super) fn closure_parameter(receiver: &Ty, name: &str, parameter: usize) -> Ty {
    let receiver = match receiver {
        Ty::Foreign(head, arguments) if is_pointer(head) => {
            return arguments
                .last()
                .map_or(Ty::Unknown, |inner| closure_parameter(inner, name, parameter));
        }
        other => other,
    };
    let (head, arguments) = match receiver {
        Ty::Foreign(head, arguments) => (&**head, arguments.as_slice()),
        Ty::Bounded(_) => ("Iter", [].as_slice()),
        _ => return Ty::Unknown,
    };
    match (head, name) {
        ("Result", "map_err" | "unwrap_or_else" | "or_else" | "is_err_and" | "inspect_err") => {
            arguments.get(1).cloned().unwrap_or(Ty::Unknown)
        }
        ("Option" | "Result", "map_or_else") => Ty::Unknown,
        ("Option" | "Result", _) | ("Entry", "and_modify") => {
            let at = usize::from(head == "Entry");
            arguments.get(at).cloned().unwrap_or(Ty::Unknown)
        }
        ("HashMap" | "BTreeMap", "retain") => {
            arguments.get(parameter).cloned().unwrap_or(Ty::Unknown)
        }
        (_, "fold" | "scan" | "try_fold") if parameter == 0 => Ty::Unknown,
        (_, "try_fold" | "fold" | "scan") => element(receiver),
        _ if LISTS.contains(&head) => element(receiver),
        _ => Ty::Unknown,
    }
}
