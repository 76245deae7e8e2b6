//! Input: a condition's text and the kind of fact it is about. Output: the typed predicate, or the first
//! thing that is wrong with it: unknown names, types that do not fit, budgets.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, SourceInfo, operators};

use super::{Condition, List, MAX_LIST, MAX_NESTING, MAX_SOURCE, Number, Part, Relation, Slot, Text};
use crate::facts::schema::{COMMON, Field, Type};
use crate::facts::{KINDS, Sym};

/// What is wrong with a condition, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Byte offset in the condition.
    pub at: usize,
    /// What is wrong: lower case, with what would be right.
    pub message: String,
}

/// The field `name` of `kind`, its own or a common one.
#[must_use]
pub fn field(kind: &str, name: &str) -> Option<(Slot, &'static Field)> {
    let (_, own) = KINDS.iter().find(|(known, _)| *known == kind)?;
    let at = |fields: &'static [Field]| fields.iter().position(|f| f.name == name).map(|i| (i, &fields[i]));
    at(own).map(|(i, field)| (Slot::Own(i), field)).or_else(|| at(COMMON).map(|(i, field)| (Slot::Common(i), field)))
}

/// Compiles `source` for facts of `kind`. An empty condition always holds.
pub fn compile(kind: &str, source: &str) -> Result<Condition, Wrong> {
    if !KINDS.iter().any(|(known, _)| *known == kind) {
        let known: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
        return Err(Wrong { at: 0, message: format!("unknown kind of fact `{kind}`; known: {}", known.join(", ")) });
    }
    if source.trim().is_empty() {
        return Ok(Condition::Always(true));
    }
    if source.len() > MAX_SOURCE {
        return Err(Wrong { at: MAX_SOURCE, message: format!("the condition is longer than {MAX_SOURCE} bytes") });
    }
    let program = cel::Program::compile(source).map_err(|errors| {
        let first = errors.to_string().lines().next().unwrap_or("").to_owned();
        Wrong { at: 0, message: format!("no valid CEL: {first}") }
    })?;
    let mut compiler = Compiler { kind, info: program.source_info(), variables: Vec::new() };
    compiler.condition(program.expression())
}

struct Compiler<'a> {
    kind: &'a str,
    info: &'a SourceInfo,
    variables: Vec<String>,
}

/// An operand whose type is known.
enum Operand {
    Null,
    Bool(bool),
    Truth(Slot),
    Number(Number),
    Text(Text),
    List(List),
}

impl Compiler<'_> {
    fn wrong<T>(&self, at: &IdedExpr, message: impl Into<String>) -> Result<T, Wrong> {
        let at = self.info.offset_for(at.id).map_or(0, |(start, _)| start as usize);
        Err(Wrong { at, message: message.into() })
    }

    fn condition(&mut self, expr: &IdedExpr) -> Result<Condition, Wrong> {
        match &expr.expr {
            Expr::Literal(LiteralValue::Boolean(b)) => Ok(Condition::Always(*b.inner())),
            Expr::Select(select) if select.test => {
                let (slot, field) = self.field(expr)?;
                if field.optional {
                    return Ok(Condition::Not(Box::new(Condition::Null(slot))));
                }
                self.wrong(expr, format!("`{}` is always there: `has` says nothing", field.name))
            }
            Expr::Select(_) => {
                let (slot, field) = self.field(expr)?;
                match (field.ty, field.optional) {
                    (Type::Bool, false) => Ok(Condition::Field(slot)),
                    (Type::Bool, true) => {
                        self.wrong(expr, format!("`{}` may be null: compare it with true, false or null", field.name))
                    }
                    _ => self.wrong(expr, format!("`{}` is no truth value", field.name)),
                }
            }
            Expr::Call(call) => self.call(expr, call),
            Expr::Comprehension(c) => self.comprehension(expr, c),
            _ => self.wrong(expr, "expected a condition"),
        }
    }

    fn call(&mut self, expr: &IdedExpr, call: &CallExpr) -> Result<Condition, Wrong> {
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND, [a, b]) => {
                Ok(Condition::And(Box::new(self.condition(a)?), Box::new(self.condition(b)?)))
            }
            (operators::LOGICAL_OR, [a, b]) => {
                Ok(Condition::Or(Box::new(self.condition(a)?), Box::new(self.condition(b)?)))
            }
            (operators::LOGICAL_NOT, [a]) => Ok(Condition::Not(Box::new(self.condition(a)?))),
            (operators::EQUALS, [a, b]) => self.equal(expr, a, b),
            (operators::NOT_EQUALS, [a, b]) => Ok(Condition::Not(Box::new(self.equal(expr, a, b)?))),
            (operators::LESS, [a, b]) => self.compare(Relation::Less, a, b),
            (operators::LESS_EQUALS, [a, b]) => self.compare(Relation::AtMost, a, b),
            (operators::GREATER, [a, b]) => self.compare(Relation::Less, b, a),
            (operators::GREATER_EQUALS, [a, b]) => self.compare(Relation::AtMost, b, a),
            (operators::IN, [a, b]) => Ok(Condition::In(self.text(a)?, self.list(b)?)),
            ("startsWith", [a]) => self.part(expr, Part::Start, call, a),
            ("endsWith", [a]) => self.part(expr, Part::End, call, a),
            ("contains", [a]) => self.part(expr, Part::Anywhere, call, a),
            ("matches", [a]) => self.matches(expr, call, a),
            (name, _) => {
                self.wrong(expr, format!("`{name}` is not in the subset of CEL that conditions are written in"))
            }
        }
    }

    fn part(&mut self, expr: &IdedExpr, part: Part, call: &CallExpr, piece: &IdedExpr) -> Result<Condition, Wrong> {
        let Some(target) = &call.target else { return self.wrong(expr, "expected `text.function(text)`") };
        Ok(Condition::Part(part, self.text(target)?, self.text(piece)?))
    }

    fn matches(&mut self, expr: &IdedExpr, call: &CallExpr, pattern: &IdedExpr) -> Result<Condition, Wrong> {
        let Some(target) = &call.target else { return self.wrong(expr, "expected `text.matches('pattern')`") };
        let Text::Literal(source) = self.text(pattern)? else {
            return self.wrong(pattern, "the pattern of `matches` is a literal");
        };
        let regex = regex::bytes::RegexBuilder::new(&source).unicode(false).size_limit(1 << 20).build();
        match regex {
            Ok(regex) => Ok(Condition::Matches(self.text(target)?, Box::new(regex))),
            Err(error) => {
                let reason = error.to_string();
                self.wrong(pattern, format!("no valid pattern: {}", reason.lines().last().unwrap_or("").trim()))
            }
        }
    }

    fn equal(&mut self, expr: &IdedExpr, a: &IdedExpr, b: &IdedExpr) -> Result<Condition, Wrong> {
        let (left, right) = (self.operand(a)?, self.operand(b)?);
        match (left, right) {
            (Operand::Null, _) => self.null(b),
            (_, Operand::Null) => self.null(a),
            (Operand::Truth(slot), Operand::Bool(value)) | (Operand::Bool(value), Operand::Truth(slot)) => {
                Ok(Condition::IsBool(slot, value))
            }
            (Operand::Text(a), Operand::Text(b)) => Ok(Condition::Same(a, b)),
            (Operand::Number(a), Operand::Number(b)) => Ok(Condition::Compare(Relation::Equal, a, b)),
            _ => self.wrong(expr, "the two sides have different types, or are lists"),
        }
    }

    fn null(&self, expr: &IdedExpr) -> Result<Condition, Wrong> {
        let (slot, field) = self.field(expr)?;
        if !field.optional {
            return self.wrong(expr, format!("`{}` is never null", field.name));
        }
        Ok(Condition::Null(slot))
    }

    fn compare(&mut self, relation: Relation, a: &IdedExpr, b: &IdedExpr) -> Result<Condition, Wrong> {
        Ok(Condition::Compare(relation, self.number(a)?, self.number(b)?))
    }

    fn comprehension(&mut self, expr: &IdedExpr, c: &ComprehensionExpr) -> Result<Condition, Wrong> {
        let all = match &c.accu_init.expr {
            Expr::Literal(LiteralValue::Boolean(b)) if c.iter_var2.is_none() => *b.inner(),
            _ => return self.wrong(expr, "of the macros over lists only `exists` and `all` are in the subset"),
        };
        let step = if all { operators::LOGICAL_AND } else { operators::LOGICAL_OR };
        let inner = match &c.loop_step.expr {
            Expr::Call(call) if call.func_name == step && call.args.len() == 2 => &call.args[1],
            _ => return self.wrong(expr, "of the macros over lists only `exists` and `all` are in the subset"),
        };
        if self.variables.len() == MAX_NESTING {
            return self.wrong(expr, format!("`exists` and `all` are nested more than {MAX_NESTING} deep"));
        }
        let list = self.list(&c.iter_range)?;
        self.variables.push(c.iter_var.clone());
        let inner = self.condition(inner);
        self.variables.pop();
        let inner = Box::new(inner?);
        Ok(if all { Condition::All(list, inner) } else { Condition::Exists(list, inner) })
    }

    fn text(&mut self, expr: &IdedExpr) -> Result<Text, Wrong> {
        match self.operand(expr)? {
            Operand::Text(text) => Ok(text),
            _ => self.wrong(expr, "expected a text"),
        }
    }

    fn number(&mut self, expr: &IdedExpr) -> Result<Number, Wrong> {
        match self.operand(expr)? {
            Operand::Number(number) => Ok(number),
            _ => self.wrong(expr, "expected a whole number"),
        }
    }

    fn list(&mut self, expr: &IdedExpr) -> Result<List, Wrong> {
        match self.operand(expr)? {
            Operand::List(list) => Ok(list),
            _ => self.wrong(expr, "expected a list"),
        }
    }

    fn operand(&mut self, expr: &IdedExpr) -> Result<Operand, Wrong> {
        match &expr.expr {
            Expr::Literal(LiteralValue::Null) => Ok(Operand::Null),
            Expr::Literal(LiteralValue::Boolean(b)) => Ok(Operand::Bool(*b.inner())),
            Expr::Literal(LiteralValue::Int(n)) => Ok(Operand::Number(Number::Literal(*n.inner()))),
            Expr::Literal(LiteralValue::String(s)) => Ok(Operand::Text(Text::Literal(Sym::new(s.inner())))),
            Expr::Ident(name) => match self.variables.iter().rposition(|known| known == name) {
                Some(depth) => Ok(Operand::Text(Text::Variable(depth))),
                None => self.wrong(expr, format!("unknown name `{name}`; fields are written `{}.field`", self.kind)),
            },
            Expr::List(list) => self.literal_list(expr, &list.elements),
            Expr::Select(_) => {
                let (slot, field) = self.field(expr)?;
                Ok(match field.ty {
                    Type::Bool => Operand::Truth(slot),
                    Type::Int => Operand::Number(Number::Field(slot)),
                    Type::Text => Operand::Text(Text::Field(slot)),
                    Type::Texts => Operand::List(List::Field(slot)),
                })
            }
            Expr::Call(call) if call.func_name == "size" => self.size(expr, call),
            Expr::Call(call) => self.wrong(expr, format!("`{}` gives no value that can be compared", call.func_name)),
            _ => self.wrong(expr, "expected a field, a variable or a literal"),
        }
    }

    fn size(&mut self, expr: &IdedExpr, call: &CallExpr) -> Result<Operand, Wrong> {
        let of = match (&call.target, call.args.as_slice()) {
            (Some(target), []) => target,
            (None, [argument]) => argument,
            _ => return self.wrong(expr, "expected `list.size()`"),
        };
        match self.operand(of)? {
            Operand::List(list) => Ok(Operand::Number(Number::Size(list))),
            Operand::Text(text) => Ok(Operand::Number(Number::Length(text))),
            _ => self.wrong(of, "only lists and texts have a size"),
        }
    }

    fn literal_list(&mut self, expr: &IdedExpr, elements: &[IdedExpr]) -> Result<Operand, Wrong> {
        if elements.len() > MAX_LIST {
            return self.wrong(expr, format!("the list is longer than {MAX_LIST}"));
        }
        let mut list = Vec::with_capacity(elements.len());
        for element in elements {
            match self.text(element)? {
                Text::Literal(text) => list.push(text),
                _ => return self.wrong(element, "list literals hold literal texts"),
            }
        }
        Ok(Operand::List(List::Literal(list)))
    }

    fn field(&self, expr: &IdedExpr) -> Result<(Slot, &'static Field), Wrong> {
        let Expr::Select(select) = &expr.expr else { return self.wrong(expr, "expected a field") };
        match &select.operand.expr {
            Expr::Ident(name) if name == self.kind => {}
            _ => return self.wrong(expr, format!("fields are written `{}.field`", self.kind)),
        }
        field(self.kind, &select.field).map_or_else(
            || {
                let own = KINDS.iter().find(|(known, _)| *known == self.kind).map_or(&[][..], |(_, fields)| fields);
                let known: Vec<&str> = own.iter().chain(COMMON).map(|f| f.name).collect();
                let message = format!("`{}` has no field `{}`; it has {}", self.kind, select.field, known.join(", "));
                self.wrong(expr, message)
            },
            Ok,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::Row;
    use super::*;
    use crate::facts::{FactKind, Grant};

    fn grant() -> FactKind {
        Grant {
            effect: "allow".into(),
            actions: vec!["s3:*".into(), "iam:PassRole".into()],
            wildcard_actions: vec!["s3:*".into()],
            resources: vec!["*".into()],
            any_resource: true,
            ..Grant::default()
        }
        .into()
    }

    fn holds(source: &str) -> bool {
        let condition = compile("grant", source).unwrap_or_else(|wrong| panic!("{source}: {wrong:?}"));
        let fact = grant();
        let common = ["linked".into(), "product".into(), "iam.tf".into(), Sym::default()];
        condition.holds(&Row { fact: &fact, common, agents: &["triage".into()] })
    }

    #[test]
    fn conditions_of_the_subset_hold_as_cel_says() {
        for source in [
            "",
            "true",
            "grant.any_resource",
            "grant.effect == 'allow' && !(grant.effect == 'deny')",
            "grant.wildcard_actions.size() > 0 && grant.resources.exists(r, r == '*')",
            "size(grant.actions) >= 2",
            "grant.actions.exists(a, a.startsWith('s3:') && a.endsWith('*'))",
            "!grant.actions.all(a, a != 'iam:PassRole')",
            "'*' in grant.resources",
            "grant.effect in ['allow', 'deny']",
            "grant.managed_policy == null",
            "!has(grant.managed_policy)",
            "grant.managed_policy != 'AdministratorAccess'",
            "grant.actions.exists(a, a.matches('^iam:(Pass|Assume)Role$'))",
            "grant.agent == 'linked' && grant.role != 'test' && 'triage' in grant.agents",
            "grant.administrator == false",
        ] {
            assert!(holds(source), "{source}");
        }
        for source in ["grant.managed_policy == 'x'", "grant.managed_policy.startsWith('A')", "grant.writes", "1 > 2"] {
            assert!(!holds(source), "{source}");
        }
    }

    #[test]
    fn misspelt_names_wrong_types_and_budgets_are_refused_with_their_place() {
        let long = format!("grant.effect in [{}]", vec!["'x'"; 65].join(","));
        let deep = "grant.actions.exists(a, grant.actions.exists(b, grant.actions.exists(c, a == b && b == c)))";
        for (source, part) in [
            ("grant.wildcard_action.size() > 0", "no field `wildcard_action`"),
            ("grants.effect == 'allow'", "`grant.field`"),
            ("grant.effect", "no truth value"),
            ("grant.effect == 3", "different types"),
            ("grant.effect == null", "never null"),
            ("grant.actions == ['a']", "lists"),
            ("grant.actions.map(a, a).size() > 0", "field, a variable or a literal"),
            ("grant.actions.exists_one(a, a == 'x')", "`exists` and `all`"),
            ("grant.effect.matches('(')", "no valid pattern"),
            ("grant.effect ==", "no valid CEL"),
            ("grant.effect.lower() == 'x'", "`lower`"),
            (&long, "longer than 64"),
            (deep, "nested more than 2"),
        ] {
            let wrong = compile("grant", source).expect_err(source);
            assert!(wrong.message.contains(part), "{source}: {}", wrong.message);
        }
        let wrong = compile("grant", "grant.any_resource && grant.nothing").unwrap_err();
        assert!(wrong.at >= 22, "{wrong:?}");
        assert!(compile("grunt", "true").unwrap_err().message.contains("unknown kind"));
        assert!(compile("grant", &" ".repeat(9)).is_ok());
    }
}
