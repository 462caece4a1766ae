package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// A curl is a curl command on a vendor's page, and the request that it sends.
type curl struct {
	Name    string            `json:"name"`
	Text    string            `json:"text"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
	Members map[string]any    `json:"members,omitempty"` // of the body, a form or JSON
}

func readCurls(op *openapi3.Operation) ([]*curl, error) {
	samples, ok := op.Extensions["x-codeSamples"]
	if !ok {
		return nil, nil
	}
	text, err := json.Marshal(samples)
	if err != nil {
		return nil, err
	}
	var found []struct{ Label, Source string }
	if err := json.Unmarshal(text, &found); err != nil {
		return nil, fmt.Errorf("x-codeSamples: %w", err)
	}
	var curls []*curl
	for _, sample := range found {
		if !strings.HasPrefix(strings.TrimSpace(sample.Source), "curl") {
			continue
		}
		c := &curl{Name: sample.Label, Text: sample.Source, Method: "GET", Headers: make(map[string]string)}
		if err := c.parse(); err != nil {
			return nil, fmt.Errorf("curl %q: %w", c.Name, err)
		}
		curls = append(curls, c)
	}
	return curls, nil
}

// parse reads the options that vendors' pages use.
func (c *curl) parse() error {
	words, err := split(c.Text)
	if err != nil {
		return err
	}
	var data []string
	method := ""
	for i := 1; i < len(words); i++ {
		option := words[i]
		value := ""
		switch option {
		case "-X", "--request", "-H", "--header", "-d", "--data", "--data-raw", "--data-urlencode", "-u", "--user", "--url":
			if i++; i == len(words) {
				return fmt.Errorf("%s without a value", option)
			}
			value = words[i]
		}
		switch option {
		case "-X", "--request":
			method = value
		case "-H", "--header":
			name, text, _ := strings.Cut(value, ":")
			c.Headers[strings.TrimSpace(name)] = strings.TrimSpace(text)
		case "-d", "--data", "--data-raw":
			data = append(data, value)
		case "--data-urlencode":
			name, text, _ := strings.Cut(value, "=")
			data = append(data, name+"="+url.QueryEscape(text))
		case "-u", "--user":
			c.Headers["Authorization"] = "Basic " + value
		case "--url":
			c.URL = value
		case "-L", "--location", "-s", "-sS", "--silent", "-S", "-i", "--include", "-k", "--compressed", "-v", "-f", "--fail":
		default:
			if strings.HasPrefix(option, "-") {
				return fmt.Errorf("unknown option %s", option)
			}
			c.URL = option
		}
	}
	if len(data) > 0 {
		c.Method = "POST"
		if c.Members, err = bodyMembers(data); err != nil {
			return err
		}
	}
	if method != "" {
		c.Method = method
	}
	if _, err := url.ParseRequestURI(c.URL); err != nil {
		return errors.New("no URL")
	}
	return nil
}

func bodyMembers(data []string) (map[string]any, error) {
	members := make(map[string]any)
	if len(data) == 1 && strings.HasPrefix(strings.TrimSpace(data[0]), "{") {
		return members, json.Unmarshal([]byte(data[0]), &members)
	}
	for _, text := range data {
		for _, pair := range strings.Split(text, "&") {
			key, value, _ := strings.Cut(pair, "=")
			if decoded, err := url.QueryUnescape(value); err == nil {
				value = decoded
			}
			members[key] = value
		}
	}
	return members, nil
}

// split breaks a command into words, as a shell does with quotes and continued lines.
func split(command string) (words []string, err error) {
	command = strings.ReplaceAll(command, "\\\n", " ")
	var word strings.Builder
	inWord, escaped, quote := false, false, byte(0)
	for i := range len(command) {
		switch b := command[i]; {
		case escaped:
			word.WriteByte(b)
			inWord, escaped = true, false
		case b == '\\' && (quote == 0 || quote == '"' && i+1 < len(command) && strings.IndexByte("\"\\$`", command[i+1]) >= 0):
			escaped = true
		case quote != 0 && b == quote:
			quote = 0
		case quote != 0:
			word.WriteByte(b)
		case b == '\'' || b == '"':
			quote, inWord = b, true
		case b == ' ' || b == '\n' || b == '\t':
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		default:
			word.WriteByte(b)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is not closed")
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

var pathParameter = regexp.MustCompile(`\{[^}]*\}`)

// checkCurls fails if a curl command calls another operation, or if no example has its members.
func (op *operation) checkCurls() error {
	for _, c := range op.Curls {
		u, err := url.Parse(c.URL)
		if err != nil {
			return err
		}
		var pattern strings.Builder
		rest := op.Path
		for _, name := range pathParameter.FindAllString(op.Path, -1) {
			before, after, _ := strings.Cut(rest, name)
			pattern.WriteString(regexp.QuoteMeta(before) + "[^/]+")
			rest = after
		}
		if ok, _ := regexp.MatchString(pattern.String()+regexp.QuoteMeta(rest)+"$", u.Path); !ok || c.Method != op.Method {
			return fmt.Errorf("curl %q calls %s %s", c.Name, c.Method, u.Path)
		}
		if c.Members != nil && !op.hasExample(c.Members) {
			return fmt.Errorf("no example of the request equals the request of curl %q", c.Name)
		}
	}
	return nil
}

func (op *operation) hasExample(members map[string]any) bool {
	if op.RequestBody == nil {
		return false
	}
	for _, body := range op.RequestBody.Content {
		for _, example := range body.Examples {
			if sameJSON(example, members) {
				return true
			}
		}
	}
	return false
}

// sameJSON compares two values as JSON; a form's curl has text for every member.
func sameJSON(example any, members map[string]any) bool {
	object, ok := example.(map[string]any)
	if !ok || len(object) != len(members) {
		return false
	}
	for name, value := range members {
		text, isText := value.(string)
		_, wantsText := object[name].(string)
		if isText && !wantsText {
			written, err := json.Marshal(object[name])
			if err != nil || string(written) != text {
				return false
			}
			continue
		}
		if !reflect.DeepEqual(normal(object[name]), normal(value)) {
			return false
		}
	}
	return true
}

// normal returns v as encoding/json decodes it.
func normal(v any) (out any) {
	text, err := json.Marshal(v)
	if err != nil || json.Unmarshal(text, &out) != nil {
		return v
	}
	return out
}
