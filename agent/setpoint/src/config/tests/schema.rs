//! The schema for editors, held to the text of the reader.

/// Every key that is read, taken from the text of the reader itself.
fn keys() -> Vec<&'static str> {
    let readers = ["text(", "span(", "count(", "table(", "named_tables(", "named_texts("];
    let readers = readers.iter().chain(&["named_scalars(", "list_of_tables(", "required("]);
    let texts = [include_str!("../raw.rs"), include_str!("../raw_source.rs")];
    let calls =
        readers.flat_map(|reader| texts.iter().flat_map(|text| text.split(*reader).skip(1)));
    calls
        .filter_map(|rest| {
            let arguments = rest.strip_prefix("&mut table, ").or(rest.strip_prefix("table, "));
            arguments.unwrap_or(rest).strip_prefix('"')?.split('"').next()
        })
        .collect()
}

#[test]
fn no_key_that_is_read_is_missing_from_the_schema() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../schema.json")).unwrap();
    fn collect(value: &serde_json::Value, known: &mut Vec<String>) {
        if let Some(properties) = value.get("properties").and_then(|it| it.as_object()) {
            known.extend(properties.keys().cloned());
        }
        let inner = value.as_object().into_iter().flatten().map(|(_, inner)| inner);
        inner.for_each(|inner| collect(inner, known));
    }
    let mut known = Vec::new();
    collect(&schema, &mut known);
    assert!(keys().len() > 30, "the reader is read: {:?}", keys());
    for key in keys() {
        assert!(known.iter().any(|it| it == key), "`{key}` is not in schema.json");
    }
}
