//! What takes reading Rust as Rust: the length of functions, and where `unsafe` stands.

use super::Finding;
use crate::workspace::{File, Workspace};
use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};

const FUNCTION_LINES_MAX: usize = 70;

/// The files that may say `unsafe`, each with its reason. The list only shrinks.
const UNSAFE: &[(&str, &str)] = &[
    ("crates/locked/src/pages.rs", "pages for keys come from the kernel by address"),
    ("crates/locked/src/residue.rs", "registers that held a key are cleared by instructions of the machine"),
];

pub fn check(workspace: &Workspace) -> Vec<Finding> {
    workspace.files.iter().filter(|file| file.path.ends_with(".rs")).flat_map(of).collect()
}

fn of(file: &File) -> Vec<Finding> {
    let parsed = match syn::parse_file(&file.text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let line = error.span().start().line;
            return vec![Finding::at("rust", &file.path, format!("is no Rust: {error}")).on_line(line)];
        }
    };
    let mut long = Long { path: &file.path, findings: Vec::new() };
    long.visit_file(&parsed);
    let mut findings = long.findings;
    let excepted = UNSAFE.iter().any(|(path, _)| *path == file.path);
    if !excepted && let Some(line) = file.text.parse().ok().and_then(unsafe_line) {
        findings.push(Finding::at("unsafe", &file.path, "`unsafe` has no place here").on_line(line));
    }
    findings
}

struct Long<'a> {
    path: &'a str,
    findings: Vec<Finding>,
}

impl Long<'_> {
    fn measure(&mut self, name: &str, head: Span, body: Span) {
        let (first, last) = (head.start().line, body.end().line);
        let lines = last + 1 - first;
        if lines > FUNCTION_LINES_MAX {
            let text = format!("`{name}` has {lines} lines, more than {FUNCTION_LINES_MAX}");
            self.findings.push(Finding::at("function-length", format!("{}::{name}", self.path), text).on_line(first));
        }
    }
}

impl<'ast> Visit<'ast> for Long<'_> {
    fn visit_item_fn(&mut self, one: &'ast syn::ItemFn) {
        self.measure(&one.sig.ident.to_string(), one.sig.fn_token.span, one.block.brace_token.span.close());
        visit::visit_item_fn(self, one);
    }

    fn visit_impl_item_fn(&mut self, one: &'ast syn::ImplItemFn) {
        self.measure(&one.sig.ident.to_string(), one.sig.fn_token.span, one.block.brace_token.span.close());
        visit::visit_impl_item_fn(self, one);
    }

    fn visit_trait_item_fn(&mut self, one: &'ast syn::TraitItemFn) {
        if let Some(block) = &one.default {
            self.measure(&one.sig.ident.to_string(), one.sig.fn_token.span, block.brace_token.span.close());
        }
        visit::visit_trait_item_fn(self, one);
    }
}

/// The first line that has the keyword, inside macros as well.
fn unsafe_line(tokens: TokenStream) -> Option<usize> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(word) if word == "unsafe" => Some(word.span().start().line),
        TokenTree::Group(group) => unsafe_line(group.stream()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let file = File { path: "a.rs".to_owned(), text: text.to_owned() };
        of(&file).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn long_functions_are_found_wherever_they_stand() {
        let body = "\n".repeat(FUNCTION_LINES_MAX);
        for (text, count) in [
            (format!("fn long() {{{body}}}"), 1),
            (format!("struct A;\nimpl A {{ /** Doc. */ fn long() {{{body}}} }}"), 1),
            (format!("trait A {{ fn long() {{{body}}} }}"), 1),
            (format!("mod tests {{ fn long() {{{body}}} }}"), 1),
            (format!("fn short() {{{}}}", "\n".repeat(FUNCTION_LINES_MAX - 1)), 0),
        ] {
            assert_eq!(found(&text).len(), count, "{text}");
        }
    }

    #[test]
    fn unsafe_is_found_inside_macros_and_not_in_texts() {
        assert_eq!(found("fn a() { m!(unsafe { 1 }) }"), ["a.rs:1: `unsafe` has no place here [unsafe]"]);
        assert!(found("/// unsafe\nfn a() { \"unsafe\"; }").is_empty());
    }
}
