package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// facts returns the facts of a document that callers notice, by subject.
func (d document) facts() map[string]string {
	facts := make(map[string]string)
	for _, p := range d.Products {
		for member, value := range p.Defaults {
			facts["product "+p.Name+", "+member] = value
		}
	}
	for _, op := range d.Operations {
		for _, s := range op.Servers {
			if s.Name != "" {
				facts["host "+s.Name] = s.URL
			}
		}
		facts["operation "+op.OperationID] = strings.TrimSpace(op.Product + " " + op.Method + " " + op.Path)
		for _, p := range op.Parameters {
			facts[op.OperationID+", "+p.In+" parameter "+p.Name] = describe(p.Schema, p.Required, true)
		}
		if op.RequestBody != nil {
			for _, body := range op.RequestBody.Content {
				variants := []*schema{body.Schema}
				if body.Schema != nil && len(body.Schema.OneOf) > 0 {
					variants = body.Schema.OneOf
				}
				for _, variant := range variants {
					about := op.OperationID + ", request"
					if _, _, properties := variant.members(); properties["grant_type"] != nil {
						if value, ok, _ := properties["grant_type"].constant(); ok {
							about += " " + strings.Trim(string(value), `"`)
						}
					}
					variant.facts(facts, about, "", true)
				}
			}
		}
		for status, r := range op.Responses {
			for _, body := range r.Content {
				if body.Schema != nil {
					body.Schema.facts(facts, op.OperationID+", answer "+status, "", false)
				}
			}
		}
	}
	return facts
}

// facts adds the facts of the members of s, and of the members inside them.
func (s *schema) facts(facts map[string]string, about, within string, sent bool) {
	names, required, properties := s.members()
	for _, name := range names {
		p := properties[name]
		facts[about+", member "+within+name] = describe(p, required[name], sent)
		p.facts(facts, about, within+name+".", sent)
	}
	if s.Items != nil {
		s.Items.facts(facts, about, within, sent)
	}
}

// describe describes a member or parameter. Callers need not set one that has only one value.
func describe(s *schema, required, sent bool) string {
	if s == nil {
		return "anything"
	}
	if value, ok, _ := s.constant(); ok && sent {
		return string(value) + ", sent by the SDK itself"
	}
	kind := s.kind()
	if kind == "" {
		kind = "one of several types"
	}
	if s.Format != "" {
		kind += " (" + s.Format + ")"
	}
	if len(s.Enum) > 0 {
		values, err := json.Marshal(s.Enum)
		if err == nil {
			kind += " of " + string(values)
		}
	}
	if required {
		return kind + ", required"
	}
	return kind
}

// changes lists what differs from before to after, one line each: of an operation that is new or
// gone, one line in all.
func changes(vendor string, before, after document) (lines []string) {
	old, now := before.facts(), after.facts()
	whole := func(facts, others map[string]string) {
		for name := range facts {
			if id, _, ok := strings.Cut(name, ", "); ok && facts["operation "+id] != "" && others["operation "+id] == "" {
				delete(facts, name)
			}
		}
	}
	whole(now, old)
	whole(old, now)
	for _, name := range slices.Sorted(maps.Keys(now)) {
		switch was, ok := old[name]; {
		case !ok:
			lines = append(lines, fmt.Sprintf("%s: new: %s: %s", vendor, name, now[name]))
		case was != now[name]:
			lines = append(lines, fmt.Sprintf("%s: changed: %s: %s, was %s", vendor, name, now[name], was))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		if _, ok := now[name]; !ok {
			lines = append(lines, fmt.Sprintf("%s: gone: %s: %s", vendor, name, old[name]))
		}
	}
	return lines
}

// generatedBefore returns the document of the last run. It is empty for a new vendor.
func (v *vendor) generatedBefore() (d document, err error) {
	text, err := os.ReadFile(filepath.Join(v.root, v.gen(), "server", "document.json"))
	if os.IsNotExist(err) {
		return d, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &d)
	}
	return d, err
}

// printChanges prints what differs between the documents at a revision of the repository and now.
func printChanges(root, revision string, documents []string) error {
	for _, file := range documents {
		v, err := load(root, file)
		if err != nil {
			return err
		}
		before, err := documentAt(root, revision, file)
		if err != nil {
			return err
		}
		for _, line := range changes(v.name, before, v.document) {
			fmt.Println(line)
		}
	}
	return nil
}

// documentAt reads a document as of a revision. It is empty if the revision does not have it.
func documentAt(root, revision, file string) (d document, err error) {
	if err := exec.Command("git", "-C", root, "rev-parse", "--verify", "--quiet", revision+"^{commit}").Run(); err != nil {
		return d, fmt.Errorf("%s is not a revision of the repository", revision)
	}
	text, err := exec.Command("git", "-C", root, "show", revision+":"+file).Output()
	if err != nil {
		return d, nil
	}
	dir, err := os.MkdirTemp("", "finsdkgen")
	if err != nil {
		return d, err
	}
	defer os.RemoveAll(dir)
	if err := os.MkdirAll(filepath.Join(dir, path.Dir(file)), 0o755); err != nil {
		return d, err
	}
	if err := os.WriteFile(filepath.Join(dir, file), text, 0o644); err != nil {
		return d, err
	}
	v, err := load(dir, file)
	if err != nil {
		return d, fmt.Errorf("at %s: %w", revision, err)
	}
	return v.document, nil
}
