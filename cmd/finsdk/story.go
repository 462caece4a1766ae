package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// story prints the demo as a person reads it: chapters of labelled lines, set in columns.
type story struct {
	w        io.Writer
	colours  bool
	chapters int
	failures int
}

const (
	labelWidth = 11 // of the column before a line's text
	textWidth  = 88 // after which a line's text is broken
)

const (
	bold  = "\x1b[1m"
	faint = "\x1b[2m"
	red   = "\x1b[31m"
	plain = "\x1b[0m"
)

// newStory uses colours where a person looks on, unless that person has asked for none (no-color.org).
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

// intro prints text that stands before, between or after chapters.
func (s *story) intro(format string, args ...any) {
	for _, line := range wrap(fmt.Sprintf(format, args...), textWidth+labelWidth) {
		fmt.Fprintln(s.w, line)
	}
}

// chapter tells one chapter. What it returns as an error is told too, and counted, and the story goes on.
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

// wrap breaks text between words where a line would be longer than width. A line that fits stays as it is.
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
