// Package draw draws the report's pictures. Their background is transparent and their colours are
// of middle brightness, so that they are readable on white and on black.
package draw

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

var (
	ink    = color.NRGBA{R: 0x6f, G: 0x7c, B: 0x89, A: 0xff}
	grid   = color.NRGBA{R: 0x6f, G: 0x7c, B: 0x89, A: 0x60}
	colors = []color.Color{
		color.NRGBA{R: 0x2f, G: 0x81, B: 0xf7, A: 0xff}, // blue
		color.NRGBA{R: 0xdb, G: 0x6d, B: 0x28, A: 0xff}, // orange
		color.NRGBA{R: 0x3f, G: 0xa3, B: 0x4d, A: 0xff}, // green
		color.NRGBA{R: 0xa3, G: 0x71, B: 0xf7, A: 0xff}, // violet
	}
	warning = color.NRGBA{R: 0xe5, G: 0x53, B: 0x4b, A: 0xff}
)

const (
	width  = 20 * vg.Centimeter
	height = 9 * vg.Centimeter
)

// A Line is one line of a picture.
type Line struct {
	Name   string
	X, Y   []float64
	Dashed bool
}

func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	sans := font.Font{Typeface: "Liberation", Variant: "Sans", Size: 11}
	for _, s := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		s.Color = ink
		s.Font = sans
	}
	p.Title.TextStyle.Font.Size = 13
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.Padding = 8
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Color, a.Tick.Color = ink, ink
		a.Padding = 0
	}
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.XOffs, p.Legend.YOffs = 12, -4
	p.Legend.ThumbnailWidth, p.Legend.Padding = 24, 3
	g := plotter.NewGrid()
	g.Vertical.Color, g.Horizontal.Color = nil, grid
	p.Add(g)
	return p
}

func svg(p *plot.Plot) ([]byte, error) {
	c := vgsvg.New(width, height)
	p.Draw(draw.Crop(draw.New(c), 10, -14, 6, -8))
	var out bytes.Buffer
	_, err := c.WriteTo(&out)
	return out.Bytes(), err
}

func xys(l Line) plotter.XYs {
	points := make(plotter.XYs, len(l.X))
	for i := range l.X {
		points[i] = plotter.XY{X: l.X[i], Y: l.Y[i]}
	}
	return points
}

func (l Line) add(p *plot.Plot, c color.Color, points bool) error {
	line, err := plotter.NewLine(xys(l))
	if err != nil {
		return err
	}
	line.Color, line.Width = c, vg.Points(1.8)
	if l.Dashed {
		line.Dashes = []vg.Length{vg.Points(5), vg.Points(4)}
	}
	p.Add(line)
	thumbs := []plot.Thumbnailer{line}
	if points {
		dots, err := plotter.NewScatter(xys(l))
		if err != nil {
			return err
		}
		dots.Color, dots.Radius, dots.Shape = c, vg.Points(3), draw.CircleGlyph{}
		p.Add(dots)
		thumbs = append(thumbs, dots)
	}
	p.Legend.Add(l.Name, thumbs...)
	return nil
}

// Latency draws how long calls took over time. X is in seconds, Y in nanoseconds.
func Latency(title string, lines ...Line) ([]byte, error) {
	p := newPlot(title, "seconds", "longest call under way")
	p.Y.Scale = plot.LogScale{}
	p.Y.Min, p.Y.Max = 1000, 1e9
	p.X.Tick.Marker = plot.ConstantTicks{{Value: 0, Label: "0"}, {Value: 0.5, Label: "0.5"}, {Value: 1, Label: "1"}, {Value: 1.5, Label: "1.5"}, {Value: 2, Label: "2"}}
	p.Y.Tick.Marker = durations(p.Y.Min, p.Y.Max)
	for i, l := range lines {
		for j := range l.Y {
			l.Y[j] = max(l.Y[j], p.Y.Min)
		}
		if err := l.add(p, colors[i%len(colors)], false); err != nil {
			return nil, err
		}
	}
	return svg(p)
}

// durations marks powers of ten nanoseconds.
func durations(from, to float64) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for v := from; v <= to*1.001; v *= 10 {
		label := time.Duration(math.Round(v)).String()
		at := strings.IndexFunc(label, unicode.IsLetter)
		ticks = append(ticks, plot.Tick{Value: v, Label: label[:at] + " " + label[at:]})
	}
	return ticks
}

// A Bar is a cost by name, in nanoseconds.
type Bar struct {
	Name string
	Cost float64
}

// Costs draws bars on a logarithmic scale.
func Costs(title string, bars []Bar) ([]byte, error) {
	p := newPlot(title, "", "")
	p.X.Scale = plot.LogScale{}
	p.X.Min, p.X.Max = 10, 100
	for _, b := range bars {
		for b.Cost*4 > p.X.Max {
			p.X.Max *= 10
		}
	}
	p.X.Tick.Marker = durations(p.X.Min, p.X.Max)
	p.Y.Min, p.Y.Max = -0.6, float64(len(bars))-0.4
	var names plot.ConstantTicks
	labels := plotter.XYLabels{}
	for i, b := range slices.Backward(bars) {
		y := float64(len(bars) - 1 - i)
		names = append(names, plot.Tick{Value: y, Label: b.Name})
		line, err := plotter.NewLine(plotter.XYs{{X: p.X.Min, Y: y}, {X: max(b.Cost, p.X.Min), Y: y}})
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = colors[min(i, 1)], vg.Points(12)
		p.Add(line)
		labels.XYs = append(labels.XYs, plotter.XY{X: b.Cost, Y: y})
		labels.Labels = append(labels.Labels, cost(b.Cost))
	}
	p.Y.Tick.Marker = names
	p.Y.Tick.Length = 0
	values, err := plotter.NewLabels(labels)
	if err != nil {
		return nil, err
	}
	for i := range values.TextStyle {
		values.TextStyle[i] = p.X.Tick.Label
		values.TextStyle[i].YAlign = draw.YCenter
		values.TextStyle[i].XAlign = draw.XLeft
	}
	values.Offset = vg.Point{X: 8}
	p.Add(values)
	return svg(p)
}

// cost writes nanoseconds with two digits.
func cost(ns float64) string {
	if ns < 1000 {
		return fmt.Sprintf("%.0f ns", ns)
	}
	return fmt.Sprintf("%.1f µs", ns/1000)
}

// Requests draws requests in the busiest minute by the number of replicas, with the vendor's limit.
func Requests(title string, limit float64, lines ...Line) ([]byte, error) {
	p := newPlot(title, "replicas", "requests a minute")
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = math.Inf(1), 0, 0.8, limit*2
	for i, l := range lines {
		for j := range l.X {
			p.X.Min, p.X.Max = min(p.X.Min, l.X[j]), max(p.X.Max, l.X[j])
			l.Y[j] = max(l.Y[j], 1)
			p.Y.Max = max(p.Y.Max, l.Y[j]*1.5)
		}
		if err := l.add(p, colors[i%len(colors)], true); err != nil {
			return nil, err
		}
	}
	if err := (Line{Name: "the vendor's limit", X: []float64{p.X.Min, p.X.Max}, Y: []float64{limit, limit}, Dashed: true}).add(p, warning, false); err != nil {
		return nil, err
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = counts(p.X.Max), counts(p.Y.Max)
	return svg(p)
}

// counts marks powers of ten.
func counts(to float64) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for v := 1; float64(v) <= to*1.001; v *= 10 {
		label := fmt.Sprint(v)
		for at := len(label) - 3; at > 0; at -= 3 {
			label = label[:at] + "," + label[at:]
		}
		ticks = append(ticks, plot.Tick{Value: float64(v), Label: label})
	}
	return ticks
}
