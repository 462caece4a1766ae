package main

// marshalsOpen begins the MarshalJSON of a model with AdditionalProperties.
const marshalsOpen = "// MarshalJSON writes AdditionalProperties among the other members. It replaces none of these.\n"

// additionalProperties replaces oapi-codegen's template, which would send absent optional members,
// and add getters and setters.
const additionalProperties = `{{range .Types}}{{$addType := .Schema.AdditionalPropertiesType.TypeDecl}}
// UnmarshalJSON reads the members that the document does not name into AdditionalProperties.
// Numbers among them are of type json.Number.
func (a *{{.TypeName}}) UnmarshalJSON(b []byte) error {
	type known {{.TypeName}}
	if err := exactly(b, (*known)(a)); err != nil {
		return err
	}
	var members map[string]{{$addType}}
	if err := exactly(b, &members); err != nil {
		return err
	}
	{{range .Schema.Properties}}delete(members, "{{.JsonFieldName}}")
	{{end}}a.AdditionalProperties = nil
	if len(members) > 0 {
		a.AdditionalProperties = members
	}
	return nil
}

` + marshalsOpen + `func (a {{.TypeName}}) MarshalJSON() ([]byte, error) {
	type known {{.TypeName}}
	b, err := json.Marshal(known(a))
	if err != nil || len(a.AdditionalProperties) == 0 {
		return b, err
	}
	members := make(map[string]any, len(a.AdditionalProperties))
	for name, value := range a.AdditionalProperties {
		members[name] = value
	}
	var own map[string]json.RawMessage
	if err := json.Unmarshal(b, &own); err != nil {
		return nil, err
	}
	for name, value := range own {
		members[name] = value
	}
	return json.Marshal(members)
}
{{end}}{{if .Types}}
// exactly decodes JSON. A number without a type of its own becomes a json.Number, which keeps all
// digits.
func exactly(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d.Decode(v)
}
{{end}}`
