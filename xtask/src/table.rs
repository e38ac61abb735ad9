//! A service's table, read from its source: the chores build without the services, so that a broken service can still be looked at.

use syn::{Expr, GenericArgument, Item, PathArguments, Type};

/// What stands in `pub static SERVICE`.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    pub service: String,
    pub rows: Vec<Row>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// The marker's name, which is the operation's.
    pub operation: String,
    pub internal: bool,
}

/// The table in the source of a service's `lib.rs`.
pub fn read(text: &str) -> Option<Table> {
    let file = syn::parse_file(text).ok()?;
    let service = file.items.iter().find_map(|item| match item {
        Item::Static(one) if one.ident == "SERVICE" => Some(one),
        _ => None,
    })?;
    let Expr::Struct(fields) = service.expr.as_ref() else { return None };
    let field = |name: &str| {
        let named = |field: &&syn::FieldValue| matches!(&field.member, syn::Member::Named(own) if own == name);
        fields.fields.iter().find(named).map(|field| &field.expr)
    };
    let Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(name), .. }) = field("name")? else { return None };
    let Expr::Reference(rows) = field("rows")? else { return None };
    let Expr::Array(rows) = rows.expr.as_ref() else { return None };
    let rows = rows.elems.iter().map(row).collect::<Option<_>>()?;
    Some(Table { service: name.value(), rows })
}

/// `Row::of::<create_key::CreateKey>()`
fn row(expr: &Expr) -> Option<Row> {
    let Expr::Call(call) = expr else { return None };
    let Expr::Path(function) = call.func.as_ref() else { return None };
    let last = function.path.segments.last()?;
    let PathArguments::AngleBracketed(generics) = &last.arguments else { return None };
    let GenericArgument::Type(Type::Path(operation)) = generics.args.first()? else { return None };
    let operation = operation.path.segments.last()?.ident.to_string();
    match last.ident.to_string().as_str() {
        "of" => Some(Row { operation, internal: false }),
        "internal" => Some(Row { operation, internal: true }),
        _ => None,
    }
}

/// The markers for which a file implements `Operation`.
pub fn operations(text: &str) -> Vec<String> {
    let items = syn::parse_file(text).map(|file| file.items).unwrap_or_default();
    let operation = |item: &Item| {
        let Item::Impl(one) = item else { return None };
        let (_, name, _) = one.trait_.as_ref()?;
        let Type::Path(marker) = one.self_ty.as_ref() else { return None };
        (name.segments.last()?.ident == "Operation")
            .then(|| marker.path.segments.last().map(|last| last.ident.to_string()))?
    };
    items.iter().filter_map(operation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_from_the_source() {
        let text = "pub static SERVICE: Service = Service { name: \"kms\", rows: &[Row::of::<a::Encrypt>(), Row::internal::<Delete>()] };";
        let row = |operation: &str, internal| Row { operation: operation.to_owned(), internal };
        let rows = vec![row("Encrypt", false), row("Delete", true)];
        assert_eq!(read(text), Some(Table { service: "kms".to_owned(), rows }));
        assert_eq!(read("fn a() {}"), None);
    }

    #[test]
    fn operations_are_found_by_their_implementation() {
        assert_eq!(
            operations("impl Operation for Encrypt {}\nimpl kernel::Operation for x::Decrypt {}\nimpl Other for A {}"),
            ["Encrypt", "Decrypt"]
        );
    }
}
