//! The small algebra to which every exchange compiles: what may be read, related, reduced and computed.
//!
//! Columns have names. A scan's columns are called like their elements; a step to one puts its name before them
//! (`household.camp`); reductions, nested lists and controls have names that no element can have (`@…`), computed
//! outputs begin with `=`.

use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_model::exchange::{Reduction, Transform};
use causeway_model::population::Predicate;
use causeway_model::{ElementRef, Value, ValueType};

use crate::source::Scan;
use crate::transform::{Chain, Expression};

/// A relation of records.
#[derive(Clone, Debug)]
pub enum Rel {
    /// Records of one table.
    Scan(Scan),
    /// Adds columns of another table of the same entity; a record that is not there adds no values.
    Facet {
        /// Records that stay as many as they are.
        input: Box<Rel>,
        /// The other table.
        other: Scan,
        /// Pairs of key columns: here, there.
        keys: Vec<(String, String)>,
    },
    /// Takes the first value that is there out of several columns, and counts where they disagree.
    Merge {
        /// Records.
        input: Box<Rel>,
        /// Column that results, columns that it is taken from in the order of precedence.
        merges: Vec<(String, Vec<String>)>,
    },
    /// Keeps the records for which the predicate is true.
    Filter {
        /// Records.
        input: Box<Rel>,
        /// Condition over column names.
        predicate: Predicate,
    },
    /// Adds the columns of the one record that each record belongs to.
    Relate {
        /// Records that stay as many as they are.
        input: Box<Rel>,
        /// Records of which each is there once.
        one: Box<Rel>,
        /// Name of the step, put before the columns that are added.
        step: String,
        /// Pairs of key columns: here, there.
        keys: Vec<(String, String)>,
        /// Whether a key may lead nowhere.
        optional: bool,
    },
    /// Adds values and lists made of the many records that belong to each record: reduce and nest.
    Gather {
        /// Records that stay as many as they are.
        input: Box<Rel>,
        /// Records that belong to them.
        many: Box<Rel>,
        /// Pairs of key columns: here, there.
        keys: Vec<(String, String)>,
        /// Values to make.
        reductions: Vec<ReduceColumn>,
        /// Lists to make.
        nests: Vec<NestColumn>,
    },
    /// Holds that every key occurs once; another refuses.
    Distinct {
        /// Records.
        input: Box<Rel>,
        /// Key columns.
        keys: Vec<String>,
        /// Entity of the records.
        entity: String,
    },
    /// Keeps the people who may be shared, where people are reached through a relation.
    Release {
        /// Records of people.
        input: Box<Rel>,
        /// What decides.
        rules: SubjectRules,
    },
    /// Adds computed outputs.
    Compute {
        /// Records.
        input: Box<Rel>,
        /// What to compute.
        outputs: Vec<Output>,
    },
}

/// A value made of many records.
#[derive(Clone, Debug)]
pub struct ReduceColumn {
    /// Column that results.
    pub name: String,
    /// How.
    pub reduction: Reduction,
    /// What is reduced.
    pub of: Reduced,
    /// `first`, `latest`: columns that decide, most significant first.
    pub by: Vec<String>,
    /// Only these records.
    pub filter: Option<Predicate>,
    /// Whether this is a control of the house's own rules: it may look at marks, and is no output.
    pub rule: bool,
}

/// What a reduction looks at.
#[derive(Clone, Debug)]
pub enum Reduced {
    /// The values of a column. `count` and `any` count those that are there.
    Values(String),
    /// The records themselves, for `count` and `any`: nothing is read of them for it. In the lineage their key stands for
    /// them.
    Records(ElementRef),
}

impl Reduced {
    /// The column that is looked at.
    pub fn column(&self) -> Option<&String> {
        match self {
            Self::Values(column) => Some(column),
            Self::Records(_) => None,
        }
    }
}

impl std::fmt::Display for Reduced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Values(column) => f.write_str(column),
            Self::Records(key) => write!(f, "{}", key.entity),
        }
    }
}

/// A list made of many records.
#[derive(Clone, Debug)]
pub struct NestColumn {
    /// Column that results.
    pub name: String,
    /// Members of each item: name, column.
    pub members: Vec<(String, String)>,
    /// Columns that order the items, before the members do.
    pub order: Vec<String>,
    /// Only these records.
    pub filter: Option<Predicate>,
}

/// One computed output.
#[derive(Clone, Debug)]
pub struct Output {
    /// Name of the output field, for messages.
    pub field: String,
    /// Column that results.
    pub column: String,
    /// What it is made of.
    pub expr: Expr,
    /// Transforms, in order.
    pub chain: Arc<Chain>,
    /// What the chain was compiled from: decides the form in which elements leave.
    pub transforms: Vec<Transform>,
}

/// What an output is made of.
#[derive(Clone, Debug)]
pub enum Expr {
    /// A column.
    Column(String),
    /// Columns joined.
    Concat(Vec<String>, String),
    /// An SQL expression: name in the expression, column.
    Sql(Arc<Expression>, BTreeMap<String, String>),
    /// A constant.
    Constant(Value),
}

impl Expr {
    /// Columns that it is made of.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Expr::Column(column) => vec![column],
            Expr::Concat(columns, _) => columns.iter().map(String::as_str).collect(),
            Expr::Sql(expression, inputs) => inputs
                .iter()
                .filter(|(name, _)| expression.inputs.contains(*name))
                .map(|(_, column)| column.as_str())
                .collect(),
            Expr::Constant(_) => Vec::new(),
        }
    }
}

/// What decides whether a person may be shared, in terms of columns.
#[derive(Clone, Debug)]
pub struct SubjectRules {
    /// Entity of the people.
    pub entity: String,
    /// Key columns of the person.
    pub key: Vec<String>,
    /// The agreed population, narrowed by the exchange.
    pub population: Predicate,
    /// Consent column and the codes that mean consent, where consent is the basis.
    pub consent: Option<(String, Vec<String>)>,
    /// Column that says whether a confidentiality mark keeps the person from this partner.
    pub marked: Option<String>,
    /// Column that says whether somebody else of the household is withheld and the household with them.
    pub household_withheld: Option<String>,
    /// Column with the country of origin, and the countries that must not be one.
    pub origin: Option<(String, Vec<String>)>,
    /// Elements of consent and marks: what the house's own rules look at.
    pub elements: Vec<ElementRef>,
    /// Whether a withheld person is flagged in [`WITHHELD`] and kept, so that the household can be withheld.
    pub flag_withheld: bool,
    /// Whether each person is judged for themselves alone, as in an answer: a country of origin leaves the person out.
    pub alone: bool,
    /// Whether a person who is left out here is reported here; not where the same person is also a root record.
    pub report: bool,
}

/// Column by which [`Rel::Release`] flags a withheld person when asked to.
pub const WITHHELD: &str = "@withheld";

/// Column with the keys of the members who may be shared, where root records are what people belong to.
pub const PEOPLE: &str = "@people";

/// Type of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputType {
    /// One value.
    One(ValueType),
    /// A list of values.
    List(ValueType),
    /// A list of records.
    Records(Vec<(String, OutputType)>),
}
