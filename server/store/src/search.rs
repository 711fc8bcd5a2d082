//! Search in lists.

use sea_orm::{
    Condition,
    sea_query::{Expr, ExprTrait as _, Func, IntoColumnRef, LikeExpr},
};

/// Any of the columns contains `search`; upper and lower case of ASCII letters are the same.
pub fn contains<C: IntoColumnRef>(columns: impl IntoIterator<Item = C>, search: &str) -> Condition {
    let search = search.trim();
    if search.is_empty() {
        return Condition::all();
    }
    let mut pattern = String::from("%");
    for c in search.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c.to_ascii_lowercase());
    }
    pattern.push('%');
    columns.into_iter().fold(Condition::any(), |any, column| {
        any.add(Expr::expr(Func::lower(Expr::col(column))).like(LikeExpr::new(pattern.clone()).escape('\\')))
    })
}
