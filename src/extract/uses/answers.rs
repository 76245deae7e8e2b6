//! What the server of an OAuth flow answers: tokens. Input: a body. Output: where it reads such an answer.

use super::Body;
use crate::extract::request;
use crate::parse::Value;
use crate::parse::code::CallSite;
use crate::parse::code::ast::{Call, Stmt, StmtKind};
use crate::parse::code::query::{bindings_of, blocks_of};
use crate::parse::value::Expr;
use crate::span::Span;

/// The calls that read the answer of a token endpoint: `answer.json()` after `answer = post(".../oauth/token")`.
/// What is read where the answer was refused holds none.
pub(super) fn read(body: &Body<'_, '_>) -> Vec<Span> {
    let asked: Vec<Span> =
        body.calls.iter().filter(|(site, _)| asks(body, site)).map(|(site, _)| site.value.span).collect();
    if asked.is_empty() {
        return Vec::new();
    }
    let mut names = Vec::new();
    bound(body.stmts, &asked, &mut names);
    let reads = |call: &Call| {
        let (owner, method) = call.path()?.rsplit_once('.')?;
        (method == "json" && names.contains(&owner)).then_some(())
    };
    let found = body.calls.iter().filter(|(site, _)| reads(site.call).is_some()).map(|(site, _)| site.value.span);
    found.filter(|at| !refused(body.stmts, *at)).collect()
}

/// Whether a call posts to an address that ends in `/token`.
fn asks<'m>(body: &Body<'_, 'm>, site: &CallSite<'m>) -> bool {
    if !matches!(site.call.method(), Some("post" | "request" | "fetch")) {
        return false;
    }
    let url = site.call.args.iter().take(2).map(|arg| &arg.value);
    url.chain(site.call.keyword("url")).any(|url| {
        let shape = request::shape(body.code, url, site.scope, 0);
        let path = shape.split(['?', '#']).next().unwrap_or("").trim_end_matches('/').to_ascii_lowercase();
        let written = url.as_reference().map(|path| path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase());
        path.ends_with("/token")
            || path.ends_with("/access_token")
            || written.is_some_and(|name| name == "token_url" || name == "tokenurl")
    })
}

/// The names that the answers are bound to.
fn bound<'m>(stmts: &'m [Stmt], asked: &[Span], names: &mut Vec<&'m str>) {
    for stmt in stmts {
        for (target, value) in bindings_of(stmt) {
            if asked.iter().any(|at| *at == value.span || awaited(value).is_some_and(|inner| inner.span == *at)) {
                names.extend(target.as_reference());
            }
        }
        if !matches!(stmt.kind, StmtKind::Function(_) | StmtKind::Class(_)) {
            blocks_of(stmt).into_iter().for_each(|block| bound(block, asked, names));
        }
    }
}

fn awaited(value: &Value) -> Option<&Value> {
    match value.as_expr()? {
        Expr::Operation(op, parts) if &**op == "await" => parts.first(),
        _ => None,
    }
}

/// Whether `at` stands where the answer was refused: behind a question about its status, or in a handler.
fn refused(stmts: &[Stmt], at: Span) -> bool {
    stmts.iter().filter(|stmt| stmt.span.contains(at)).any(|stmt| {
        let here = match &stmt.kind {
            StmtKind::If { condition, .. } => !condition.span.contains(at),
            StmtKind::Try { handlers, .. } => handlers.iter().flatten().any(|stmt| stmt.span.contains(at)),
            _ => false,
        };
        here || blocks_of(stmt).into_iter().any(|block| refused(block, at))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::python;

    #[test]
    fn the_answer_of_a_token_endpoint() {
        let source = "import requests\ndef login(base, secret):\n  answer = requests.post(f'{base}/oauth/token', data={'client_secret': secret})\n  print('got', answer.json())\n";
        assert_eq!(python(source), ["log  -"]);
        let kept = source.replace("print('got', answer.json())", "body = answer.json()\n  print(body)");
        assert_eq!(python(&kept), ["log  -"]);
        assert!(python(&source.replace("answer.json()", "answer.status_code")).is_empty());
        assert!(python(&source.replace("/oauth/token", "/users")).is_empty());
        let refused = source.replace("  print", "  if answer.status_code != 200:\n    print");
        assert!(python(&refused).is_empty());
    }
}
