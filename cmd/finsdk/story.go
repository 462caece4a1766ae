package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// story prints the demo for a person: chapters of labelled lines in columns.
type story struct {
	w        io.Writer
	colours  bool
	chapters int
	failures int
}

const (
	labelWidth = 12 // of the column before the text
	textWidth  = 88 // of the text, which is wrapped
)

const (
	bold  = "\x1b[1m"
	faint = "\x1b[2m"
	red   = "\x1b[31m"
	plain = "\x1b[0m"
)

// newStory uses colours on a terminal, unless the user has turned them off (no-color.org).
func newStory(w io.Writer) *story {
	return &story{w: w, colours: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(w)}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (s *story) paint(colour, text string) string {
	if !s.colours {
		return text
	}
	return colour + text + plain
}

// intro prints text before, between or after chapters.
func (s *story) intro(format string, args ...any) {
	for _, line := range wrap(fmt.Sprintf(format, args...), textWidth+labelWidth) {
		fmt.Fprintln(s.w, line)
	}
}

// chapter tells one chapter. If that returns an error, chapter prints and counts it, and the story
// goes on.
func (s *story) chapter(title string, tell func() error) {
	s.chapters++
	fmt.Fprintf(s.w, "\n%s\n", s.paint(bold, fmt.Sprintf("%d. %s", s.chapters, title)))
	if err := tell(); err != nil {
		s.failures++
		s.labelled("FAILED", red, err.Error())
	}
}

// line prints one step of a chapter.
func (s *story) line(label, format string, args ...any) {
	s.labelled(label, faint, fmt.Sprintf(format, args...))
}

func (s *story) labelled(label, colour, text string) {
	for _, line := range wrap(text, textWidth) {
		fmt.Fprintf(s.w, "   %s %s\n", s.paint(colour, fmt.Sprintf("%-*s", labelWidth-4, label)), line)
		label = ""
	}
}

// wrap breaks lines that are longer than width between words. It keeps other lines.
func wrap(text string, width int) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		if len(paragraph) <= width {
			lines = append(lines, paragraph)
			continue
		}
		line := ""
		for word := range strings.FieldsSeq(paragraph) {
			switch {
			case line == "":
				line = word
			case len(line)+1+len(word) <= width:
				line += " " + word
			default:
				lines = append(lines, line)
				line = word
			}
		}
		lines = append(lines, line)
	}
	return lines
}
