package draw

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestPicturesAreWellFormedAndTransparent(t *testing.T) {
	line := func(name string) Line { return Line{Name: name, X: []float64{10, 100, 1000}, Y: []float64{0, 5, 50}} }
	for name, draw := range map[string]func() ([]byte, error){
		"latency":  func() ([]byte, error) { return Latency("A <title> & more", line("first"), line("second")) },
		"costs":    func() ([]byte, error) { return Costs("title", []Bar{{"first", 60}, {"second", 12345}}) },
		"requests": func() ([]byte, error) { return Requests("title", 60, line("first"), line("second")) },
	} {
		t.Run(name, func(t *testing.T) {
			svg, err := draw()
			if err != nil {
				t.Fatal(err)
			}
			d := xml.NewDecoder(bytes.NewReader(svg))
			var root string
			var texts []string
			for {
				token, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				switch token := token.(type) {
				case xml.StartElement:
					if root == "" {
						root = token.Name.Local
					}
				case xml.CharData:
					texts = append(texts, string(token))
				}
			}
			if all := strings.Join(texts, "\n"); root != "svg" || !strings.Contains(all, "first") || !strings.Contains(all, "second") {
				t.Errorf("root %q, texts %q", root, all)
			}
			for _, background := range []string{"fill:#FFFFFF", "fill:#000000"} {
				if bytes.Contains(bytes.ToUpper(svg), bytes.ToUpper([]byte(background))) {
					t.Errorf("%s is readable on one background only", background)
				}
			}
		})
	}
}
