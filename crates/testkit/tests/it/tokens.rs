//! Rust source as a flat list of tokens: comments are gone, strings are one token, and what
//! stands inside macros is there too.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::sources::RustFile;

/// One token and its line.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// The tokens of a file in order, delimiters included. Doc comments are left out.
pub(crate) fn flat(file: &RustFile) -> Vec<Token> {
    let stream: TokenStream = file.text.parse().unwrap();
    let mut tokens = Vec::new();
    let mut open = vec![(stream.into_iter(), "", 0)];
    while let Some((stream, closing, end)) = open.last_mut() {
        match stream.next() {
            Some(TokenTree::Group(group)) => {
                let (opening, closing) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                let line = group.span_open().start().line;
                tokens.push(Token { text: opening.to_owned(), line });
                let end = group.span_close().start().line;
                open.push((group.stream().into_iter(), closing, end));
            }
            Some(other) => {
                let line = other.span().start().line;
                tokens.push(Token { text: other.to_string(), line });
            }
            None => {
                tokens.push(Token { text: (*closing).to_owned(), line: *end });
                open.pop();
            }
        }
    }
    tokens
}

/// The lines where a sequence of tokens begins.
pub(crate) fn lines_of(tokens: &[Token], sequence: &[&str]) -> Vec<usize> {
    let is_here = |window: &&[Token]| window.iter().zip(sequence).all(|(a, b)| a.text == **b);
    tokens.windows(sequence.len()).filter(is_here).map(|window| window[0].line).collect()
}
