package printers

import (
	"fmt"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Options are the flags of kubectl get that matter to a table.
type Options struct {
	// Wide shows the columns of priority above 0 (-o wide).
	Wide bool
	// NoHeaders leaves the first line out (--no-headers).
	NoHeaders bool
	// WithNamespace puts the namespace first (-A).
	WithNamespace bool
	// ShowLabels puts all labels last (--show-labels).
	ShowLabels bool
	// LabelColumns makes a column of each of these labels (-L).
	LabelColumns []string
	// WithKind writes names as KIND.GROUP/NAME, as kubectl does when it prints
	// more than one kind; empty leaves them alone.
	WithKind schema.GroupKind
}

// Text prints one table as kubectl get does. A table without rows is empty
// text. The namespace and the labels come from the rows' objects.
func Text(columns []metav1.TableColumnDefinition, rows []metav1.TableRow, o Options) string {
	return NewPrinter(o).Print(columns, rows)
}

// Printer prints tables one after another, as kubectl get -w does: the header
// comes once, and columns never get narrower again. kubectl begins a new one
// for each kind of `get pods,services`, with an empty line between them.
type Printer struct {
	o Options

	columns       []metav1.TableColumnDefinition
	headerPrinted bool
	tabs          tabWriter
}

// NewPrinter begins an output.
func NewPrinter(o Options) *Printer { return &Printer{o: o} }

// Print returns the text of further rows, each line ended. Without columns
// those of the last call are taken: watch events after the first carry none.
func (p *Printer) Print(columns []metav1.TableColumnDefinition, rows []metav1.TableRow) string {
	return p.print(columns, rows, "")
}

// PrintEvent is Print with the type of a watch event (ADDED, MODIFIED, DELETED)
// in front, for --output-watch-events.
func (p *Printer) PrintEvent(event string, columns []metav1.TableColumnDefinition, rows []metav1.TableRow) string {
	return p.print(columns, rows, event)
}

func (p *Printer) print(columns []metav1.TableColumnDefinition, rows []metav1.TableRow, event string) string {
	header := !p.o.NoHeaders
	switch {
	case len(columns) == 0:
		header = header && !p.headerPrinted
		columns = p.columns
	case reflect.DeepEqual(columns, p.columns):
		header = header && !p.headerPrinted
	default:
		p.columns = columns
	}
	if len(rows) == 0 {
		return ""
	}
	p.headerPrinted = true

	var lines [][]string
	if header {
		lines = append(lines, p.headerLine(columns, event))
	}
	for _, row := range rows {
		lines = append(lines, p.line(columns, row, event))
	}
	return p.tabs.format(lines)
}

func (p *Printer) shown(c metav1.TableColumnDefinition) bool { return p.o.Wide || c.Priority == 0 }

func (p *Printer) headerLine(columns []metav1.TableColumnDefinition, event string) []string {
	var names []string
	if event != "" {
		names = append(names, "Event")
	}
	if p.o.WithNamespace {
		names = append(names, "Namespace")
	}
	for _, c := range columns {
		if p.shown(c) {
			names = append(names, c.Name)
		}
	}
	for _, label := range p.o.LabelColumns {
		names = append(names, label[strings.LastIndex(label, "/")+1:])
	}
	if p.o.ShowLabels {
		names = append(names, "Labels")
	}
	for i := range names {
		names[i] = strings.ToUpper(names[i])
	}
	return names
}

func (p *Printer) line(columns []metav1.TableColumnDefinition, row metav1.TableRow, event string) []string {
	var m metav1.Object
	if row.Object.Object != nil {
		// Rows of things without metadata leave these columns empty.
		m, _ = meta.Accessor(row.Object.Object)
	}
	var cells []string
	if event != "" {
		// The same width for all, so that the columns stay where they are.
		cells = append(cells, fmt.Sprintf("%-8s", event))
	}
	if p.o.WithNamespace {
		namespace := ""
		if m != nil {
			namespace = m.GetNamespace()
		}
		cells = append(cells, namespace)
	}
	named := p.o.WithKind.Empty()
	for i, cell := range row.Cells {
		if i >= len(columns) {
			break
		}
		c := columns[i]
		text := ""
		if cell != nil {
			text = cellText(cell)
		}
		if !named && c.Format == "name" && c.Type == "string" {
			named = true
			text = strings.ToLower(p.o.WithKind.String()) + "/" + text
		}
		if p.shown(c) {
			cells = append(cells, text)
		}
	}
	var have map[string]string
	if m != nil {
		have = m.GetLabels()
	}
	for _, label := range p.o.LabelColumns {
		value, ok := have[label]
		if !ok && m != nil {
			value = none
		}
		cells = append(cells, value)
	}
	if p.o.ShowLabels {
		text := ""
		if m != nil {
			text = labels.FormatLabels(have)
		}
		cells = append(cells, text)
	}
	return cells
}

// cellText prints a cell in one line: text is cut at its first line break, and
// terminal escapes are made visible.
func cellText(cell any) string {
	text, ok := cell.(string)
	if !ok {
		text = fmt.Sprint(cell)
	} else if i := strings.IndexAny(text, "\f\n\r"); i >= 0 {
		text = text[:i] + "..."
	}
	return Escaped(text)
}

// Escaped makes what would control a terminal visible (cli-runtime's printers.WriteEscaped).
func Escaped(text string) string {
	if !strings.ContainsAny(text, "\x1b\r") {
		return text
	}
	return strings.NewReplacer("\x1b", "^[", "\r", "\\r").Replace(text)
}
