//! What source code says, in one shape for every language: imports, functions, classes, statements
//! and calls, with values as [`Value`]. Extractors of agents, tools, credentials and issuance read
//! this and never a grammar, so a new language is one lowering beside this file.

use crate::parse::value::Value;
use crate::span::Span;

/// A language that can be lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Python 3, also the code cells of notebooks.
    Python,
    /// TypeScript, with or without JSX.
    TypeScript,
    /// JavaScript, with or without JSX.
    JavaScript,
    /// Go.
    Go,
    /// Java.
    Java,
    /// C#.
    CSharp,
    /// Kotlin.
    Kotlin,
}

impl Language {
    /// The slug in facts and models.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::TypeScript => "typescript",
            Self::JavaScript => "javascript",
            Self::Go => "go",
            Self::Java => "java",
            Self::CSharp => "csharp",
            Self::Kotlin => "kotlin",
        }
    }

    /// The slug in models of calls, to which the two kinds of script are one language.
    #[must_use]
    pub fn of_calls(self) -> &'static str {
        if self == Self::JavaScript { Self::TypeScript.slug() } else { self.slug() }
    }
}

/// One source file.
#[derive(Debug, Clone, PartialEq)]
pub struct Module {
    /// Its language.
    pub language: Language,
    /// Names brought in from elsewhere, in source order, wherever in the file they stand.
    pub imports: Vec<Import>,
    /// Top-level statements.
    pub body: Vec<Stmt>,
    /// Places that the grammar could not read; the rest is still here.
    pub errors: Vec<Span>,
}

/// One name brought in from another module.
///
/// `from agents import Agent as A` is `{local: "A", module: "agents", name: Some("Agent")}`;
/// `import os.path as p` is `{local: "p", module: "os.path", name: None}`;
/// `import { tool } from "ai"` is `{local: "tool", module: "ai", name: Some("tool")}`; a default
/// import has the name `default`, `* as x` and `require()` have none. A relative module keeps its dots
/// (`.tools`, `../lib/x`). Java, Kotlin, C#: the module is the package, the name the class (`*` for
/// wildcards; C# `using` is a wildcard). Go: the module is the import path.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// The name used in this file.
    pub local: Box<str>,
    /// Where it comes from.
    pub module: Box<str>,
    /// What it is called there.
    pub name: Option<Box<str>>,
    /// The import.
    pub span: Span,
}

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Stmt {
    /// Where it stands.
    pub span: Span,
    /// What it does.
    pub kind: StmtKind,
}

/// What a statement does.
#[derive(Debug, Clone, PartialEq)]
pub enum StmtKind {
    /// A function or method definition.
    Function(Function),
    /// A class, struct or record definition.
    Class(Class),
    /// An assignment or declaration with a value; several targets for tuples and chains. A class
    /// field and an exported constant are assignments too.
    Assign {
        /// What is assigned to: references, or patterns as lists and maps of references.
        targets: Vec<Value>,
        /// What is assigned.
        value: Value,
        /// Declared type, as written.
        annotation: Option<Box<str>>,
    },
    /// An expression for its effect (a call, an await).
    Expr(Value),
    /// `return`, with what it returns.
    Return(Option<Value>),
    /// `raise` or `throw`.
    Raise(Option<Value>),
    /// `if`/`elif`/`else`: `elif` is an `If` inside `otherwise`.
    If {
        /// The condition.
        condition: Value,
        /// When it holds.
        then: Vec<Stmt>,
        /// When it does not.
        otherwise: Vec<Stmt>,
    },
    /// Any loop.
    Loop {
        /// The loop variable, if there is one.
        target: Option<Value>,
        /// What is iterated over or tested.
        header: Option<Value>,
        /// What is repeated.
        body: Vec<Stmt>,
    },
    /// `try` with its handlers, `else` and `finally`.
    Try {
        /// The guarded statements (Python's `else` follows them).
        body: Vec<Stmt>,
        /// The bodies of `except`/`catch`.
        handlers: Vec<Vec<Stmt>>,
        /// `finally`.
        finally: Vec<Stmt>,
    },
    /// `with`/`using`/try-with-resources: what is opened, the name it gets, and the block.
    With {
        /// Context expressions with their names.
        items: Vec<(Value, Option<Value>)>,
        /// The block.
        body: Vec<Stmt>,
    },
    /// `match`/`switch`.
    Switch {
        /// What is looked at.
        subject: Value,
        /// The bodies of the cases.
        cases: Vec<Vec<Stmt>>,
        /// The texts that each case stands for (Python and JavaScript; empty where none is a text).
        labels: Vec<Vec<Box<str>>>,
    },
    /// Go's `defer`.
    Defer(Value),
    /// `break`, `continue`, `goto`.
    Jump,
    /// A statement that is not modelled; its calls are kept.
    Other(Vec<Value>),
}

/// A function, method, lambda or arrow function.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// Its name; empty for a lambda.
    pub name: Box<str>,
    /// Where the name (or, without one, the function) stands.
    pub name_span: Span,
    /// The whole definition with decorators.
    pub span: Span,
    /// Parameters.
    pub params: Vec<Param>,
    /// Decorators, attributes and annotations: references or calls.
    pub decorators: Vec<Value>,
    /// Statements; an arrow function's expression is a `Return`.
    pub body: Vec<Stmt>,
    /// Documentation text, if any.
    pub doc: Option<Box<str>>,
}

/// One parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: Box<str>,
    /// Declared type, as written.
    pub annotation: Option<Box<str>>,
    /// Default value.
    pub default: Option<Value>,
    /// The names that it binds when it is a destructuring pattern (then `name` is its source text);
    /// empty otherwise.
    pub pattern: Vec<Box<str>>,
}

impl Param {
    /// Whether it binds `name` in the body; stars of Python are no part of the name.
    #[must_use]
    pub fn binds(&self, name: &str) -> bool {
        if self.pattern.is_empty() {
            self.name.trim_start_matches('*') == name
        } else {
            self.pattern.iter().any(|p| **p == *name)
        }
    }
}

/// A class, struct or record.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    /// Its name.
    pub name: Box<str>,
    /// Where the name stands.
    pub name_span: Span,
    /// Base classes and interfaces: references or calls.
    pub bases: Vec<Value>,
    /// Decorators, attributes and annotations.
    pub decorators: Vec<Value>,
    /// Fields (assignments), methods and nested classes.
    pub body: Vec<Stmt>,
}

/// A call, constructor (`new X(…)`, C# object initialiser, Java builder step).
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What is called. For a method on a call (`a.b().c()`) this is an
    /// [`Operation`](crate::parse::value::Expr::Operation) `.` of the receiver call and a reference
    /// to the method name; for everything else a reference.
    pub callee: Value,
    /// Arguments in source order.
    pub args: Vec<Arg>,
    /// The arguments with their parentheses.
    pub args_span: Span,
}

/// One argument.
#[derive(Debug, Clone, PartialEq)]
pub struct Arg {
    /// Its keyword (Python, Kotlin, C# names; C# initialiser fields), if any.
    pub name: Option<Box<str>>,
    /// Its value.
    pub value: Value,
}

impl Call {
    /// The callee's dotted path when it has one.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.callee.as_reference()
    }

    /// The last segment of what is called: `create` of `client.auth.token.create`, also behind
    /// another call.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        let path = match self.callee.as_expr()? {
            crate::parse::value::Expr::Reference(path) => path,
            crate::parse::value::Expr::Operation(op, operands) if &**op == "." => operands.last()?.as_reference()?,
            _ => return None,
        };
        path.rsplit('.').next()
    }

    /// The argument with keyword `name`.
    #[must_use]
    pub fn keyword(&self, name: &str) -> Option<&Value> {
        self.args.iter().find(|a| a.name.as_deref() == Some(name)).map(|a| &a.value)
    }

    /// The `index`-th argument without keyword.
    #[must_use]
    pub fn positional(&self, index: usize) -> Option<&Value> {
        self.args.iter().filter(|a| a.name.is_none()).nth(index).map(|a| &a.value)
    }

    /// The argument `name`, given as a keyword or as a key of any object argument
    /// (`f({ name: … })`), as JavaScript does keywords.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&Value> {
        self.keyword(name).or_else(|| self.args.iter().filter(|a| a.name.is_none()).find_map(|a| a.value.get(name)))
    }
}
