//! What must hold of a record besides, in CEL?
//!
//! An expression sees the fields that it declares and nothing else, and comes to true or false. One that cannot be evaluated
//! does not hold. The parser of `cel` recurses: short texts exhausted the stack of a usual thread. So a text is bounded, is compiled on a
//! thread with room, and what makes it panic is a finding.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType};
use causeway_model::inbound;
use cel::common::ast::{EntryExpr, Expr, IdedExpr};
use cel::objects::{Key, Value};
use cel::{Context, Env, Program};

use super::target::Datum;
use crate::source::{written_day, written_moment};

/// Room for compiling one expression.
const STACK: usize = 16 << 20;

/// Digits up to which a decimal number and its nearest double stand in the same order to each other.
const DIGITS: u32 = 15;

/// A rule that was compiled.
pub(super) struct Rule {
    pub(super) name: String,
    program: Program,
    /// What every expression may call. Making it takes longer than most expressions do.
    env: Arc<Env>,
    /// Fields of the record that it reads.
    pub(super) record: Vec<String>,
    /// Fields of the matched row that it reads.
    pub(super) current: Vec<String>,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rule({})", self.name)
    }
}

impl Rule {
    /// Compiles a rule.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn compile(rule: &inbound::Rule) -> Result<Self, String> {
        let brackets = rule.holds.chars().filter(|c| matches!(c, '(' | '[' | '{')).count();
        if rule.holds.len() > inbound::Rule::BYTES || brackets > inbound::Rule::BRACKETS {
            return Err("it is too long or has too many brackets".to_owned());
        }
        let of = |root: &str| -> Vec<String> {
            rule.reads.iter().filter_map(|path| path.strip_prefix(root)?.strip_prefix('.').map(str::to_owned)).collect()
        };
        let (record, current) = (of("record"), of("current"));
        let text = rule.holds.clone();
        let (seen, beside) = (record.clone(), current.clone());
        let compiling = std::thread::Builder::new().name("rule".to_owned()).stack_size(STACK).spawn(move || {
            let program = Program::compile(&text).map_err(|_| "it is no expression of CEL".to_owned())?;
            closed(program.expression(), &seen, &beside)?;
            Ok(program)
        });
        let compiled = compiling.map_err(|_| "no thread can be had to compile it".to_owned())?.join();
        let program = compiled.unwrap_or_else(|_| Err("it cannot be compiled".to_owned()))?;
        Ok(Self { name: rule.name.clone(), program, env: Arc::new(Env::stdlib()), record, current })
    }

    /// Whether it holds; none where that cannot be told.
    pub(super) fn holds(&self, record: &Looked<'_>, current: Option<&Looked<'_>>) -> Option<bool> {
        let mut context = Context::with_env(Arc::clone(&self.env));
        context.add_variable_from_value("record", gathered(&self.record, record)?);
        if let Some(current) = current {
            context.add_variable_from_value("current", gathered(&self.current, current)?);
        }
        match self.program.execute(&context) {
            Ok(Value::Bool(holds)) => Some(holds),
            _ => None,
        }
    }
}

/// What finds a field by its name; none where a rule cannot see it exactly.
pub(super) type Looked<'l> = dyn Fn(&str) -> Option<Seen> + 'l;

/// A value as a rule sees it.
pub(super) enum Seen {
    /// It did not come.
    Absent,
    /// It is empty.
    Null,
    /// It is this.
    Value(Value),
}

impl Seen {
    /// The value of a row of a column. None where a rule cannot see it exactly.
    pub(super) fn of(column: &ArrayRef, row: usize) -> Option<Self> {
        if row >= column.len() {
            return None;
        }
        if column.is_null(row) {
            return Some(Seen::Null);
        }
        Some(Seen::Value(match column.data_type() {
            DataType::Utf8 => column.as_string_opt::<i32>()?.value(row).into(),
            DataType::Int64 => Value::Int(column.as_primitive_opt::<Int64Type>()?.value(row)),
            DataType::Boolean => Value::Bool(column.as_boolean_opt()?.value(row)),
            DataType::Date32 => written_day(column.as_primitive_opt::<Date32Type>()?.value(row))?.into(),
            DataType::Timestamp(..) => {
                written_moment(column.as_primitive_opt::<TimestampMicrosecondType>()?.value(row))?.into()
            }
            DataType::Decimal128(_, scale) => double(column.as_primitive_opt::<Decimal128Type>()?.value(row), *scale)?,
            _ => return None,
        }))
    }
}

impl Seen {
    /// A value as it stands in a target. None where a rule cannot see it exactly.
    pub(super) fn of_datum(value: &Datum) -> Option<Self> {
        Some(Seen::Value(match value {
            Datum::Null => return Some(Seen::Null),
            Datum::Text(text) => text.as_str().into(),
            Datum::Integer(value) => Value::Int(*value),
            Datum::Boolean(value) => Value::Bool(*value),
            Datum::Date(days) => written_day(*days)?.into(),
            Datum::Timestamp(micros) => written_moment(*micros)?.into(),
            Datum::Decimal(unscaled, scale) => double(*unscaled, i8::try_from(*scale).ok()?)?,
            Datum::Bytes(_) => return None,
        }))
    }
}

fn double(unscaled: i128, scale: i8) -> Option<Value> {
    (unscaled.unsigned_abs() < 10_u128.pow(DIGITS)).then_some(())?;
    format!("{unscaled}e-{scale}").parse().ok().map(Value::Float)
}

fn gathered(names: &[String], of: &Looked<'_>) -> Option<Value> {
    let mut found: HashMap<Key, Value> = HashMap::new();
    for name in names {
        match of(name)? {
            Seen::Absent => {}
            Seen::Null => {
                found.insert(name.as_str().into(), Value::Null);
            }
            Seen::Value(value) => {
                found.insert(name.as_str().into(), value);
            }
        }
    }
    Some(Value::Map(found.into()))
}

/// INVARIANT (rules are closed): an expression names fields that it declared, walks over no list, and makes nothing.
fn closed(expression: &IdedExpr, record: &[String], current: &[String]) -> Result<(), String> {
    let of = |root: &str| if root == "record" { record } else { current };
    match &expression.expr {
        Expr::Literal(_) => Ok(()),
        Expr::Select(select) => match &select.operand.expr {
            Expr::Ident(root) if root == "record" || root == "current" => {
                let known: BTreeSet<&String> = of(root).iter().collect();
                if known.contains(&select.field) {
                    Ok(())
                } else {
                    Err(format!("it looks at `{root}.{}`, which is not in `reads`", select.field))
                }
            }
            _ => Err("it looks into a value: only `record.FIELD` and `current.FIELD` can be looked at".to_owned()),
        },
        Expr::Call(call) => {
            call.target.iter().map(AsRef::as_ref).chain(&call.args).try_for_each(|one| closed(one, record, current))
        }
        Expr::List(list) => list.elements.iter().try_for_each(|one| closed(one, record, current)),
        Expr::Map(map) => map.entries.iter().try_for_each(|entry| match &entry.expr {
            EntryExpr::MapEntry(entry) => {
                closed(&entry.key, record, current).and_then(|()| closed(&entry.value, record, current))
            }
            EntryExpr::StructField(_) => Err("it makes an object".to_owned()),
        }),
        Expr::Ident(name) => Err(format!("`{name}` is nothing that it can look at")),
        Expr::Comprehension(_) => Err("it walks over a list: write out what must hold".to_owned()),
        Expr::Struct(_) | Expr::Unspecified => Err("it makes an object".to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn rule(holds: &str, reads: &[&str]) -> Result<Rule, String> {
        let reads = reads.iter().map(|path| (*path).to_owned()).collect();
        Rule::compile(&inbound::Rule { name: "r".into(), holds: holds.into(), reads, description: String::new() })
    }

    fn asked(holds: &str, a: impl Fn() -> Seen) -> Option<bool> {
        let of = |_: &str| Some(a());
        rule(holds, &["record.a"]).unwrap().holds(&of, None)
    }

    #[test]
    fn what_holds_holds_and_what_cannot_be_told_does_not() {
        let text = |text: &'static str| move || Seen::Value(text.into());
        assert_eq!(asked("record.a == 'x'", text("x")), Some(true));
        assert_eq!(asked("record.a == 'x'", text("y")), Some(false));
        assert_eq!(asked("record.a.matches('^[0-9]{4}$')", text("1234")), Some(true));
        assert_eq!(asked("record.a >= '2026-01-01'", text("2026-02-01")), Some(true));
        assert_eq!(asked("record.a", text("x")), None, "it comes to no answer");
        assert_eq!(asked("record.a > 3", text("x")), None);
        assert_eq!(asked("record.a == 'x'", || Seen::Absent), None);
        assert_eq!(asked("!has(record.a) || record.a == 'x'", || Seen::Absent), Some(true));
        assert_eq!(asked("record.a == null", || Seen::Null), Some(true));
        assert_eq!(asked("1 / 0 == record.a", || Seen::Value(Value::Int(1))), None);
        assert_eq!(asked("record.a in ['x', 'y']", text("y")), Some(true));
        let current = |_: &str| Some(Seen::Value("b".into()));
        let both = rule("record.a != current.a", &["record.a", "current.a"]).unwrap();
        assert_eq!(both.holds(&|_| Some(Seen::Value("a".into())), Some(&current)), Some(true));
        assert_eq!(both.holds(&|_| Some(Seen::Value("a".into())), None), None, "nothing was matched");
    }

    #[test]
    fn a_decimal_is_compared_or_not_at_all() {
        assert!(matches!(double(-1250, 2), Some(Value::Float(value)) if value == -12.5));
        assert!(double(10_i128.pow(15), 2).is_none());
    }

    #[test]
    fn an_expression_sees_what_it_declares_and_nothing_else() {
        for (holds, says) in [
            ("record.b == 1", "not in `reads`"),
            ("current.a == 1", "not in `reads`"),
            ("other == 1", "nothing that it can look at"),
            ("record == {}", "nothing that it can look at"),
            ("record['a'] == 1", "nothing that it can look at"),
            ("record.a.b == 1", "looks into a value"),
            ("[1, 2].all(x, x > record.a)", "walks over a list"),
            ("record.a ==", "no expression"),
            ("", "no expression"),
        ] {
            let refused = rule(holds, &["record.a"]).err().unwrap();
            assert!(refused.contains(says), "{holds}: {refused}");
        }
    }

    #[test]
    fn hostile_texts_are_findings_and_end_nothing() {
        for text in [
            "(".repeat(16),
            format!("{}1{}", "[".repeat(16), "]".repeat(16)),
            "-".repeat(999),
            "!".repeat(999),
            format!("1{}", "?1:1".repeat(249)),
            format!("record.a{}", ".a".repeat(495)),
            "a.".repeat(499),
            "\u{0}".repeat(900),
            "'".repeat(999),
            format!("1{}", "+1".repeat(499)),
        ] {
            let _ = rule(&text, &["record.a"]);
        }
        assert!(rule(&"(".repeat(17), &["record.a"]).is_err());
        assert!(rule(&"1".repeat(1_001), &["record.a"]).is_err());
    }
}
