package kubectl

import (
	"errors"
	"fmt"
	"strings"

	"tabernetes/engine/api/jsonpath"
)

// customColumn is one column of -o custom-columns=HEADER:PATH,...
type customColumn struct {
	header string
	path   *jsonpath.Path
}

func parseColumns(spec string) ([]customColumn, error) {
	var cols []customColumn
	for _, part := range splitColumns(spec) {
		header, path, ok := strings.Cut(part, ":")
		if !ok {
			return nil, fmt.Errorf("unexpected custom-columns spec: %s, expected <header>:<json-path-expr>", part)
		}
		col, err := newColumn(header, path)
		if err != nil {
			return nil, err
		}
		cols = append(cols, col)
	}
	return cols, nil
}

// splitColumns cuts at commas that are not inside brackets.
func splitColumns(spec string) []string {
	var out []string
	depth, from := 0, 0
	for i := 0; i < len(spec); i++ {
		switch spec[i] {
		case '[', '(', '{':
			depth++
		case ']', ')', '}':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, spec[from:i])
				from = i + 1
			}
		}
	}
	return append(out, spec[from:])
}

func newColumn(header, path string) (customColumn, error) {
	expr, err := jsonpath.Relaxed(path)
	if err != nil {
		return customColumn{}, err
	}
	p, err := jsonpath.Parse(expr)
	if err != nil {
		return customColumn{}, err
	}
	return customColumn{header, p}, nil
}

func parseColumnsFile(text string) ([]customColumn, error) {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if len(lines) < 2 {
		return nil, errors.New("expected a line of headers and a line of paths")
	}
	headers, paths := strings.Fields(lines[0]), strings.Fields(lines[1])
	if len(headers) != len(paths) {
		return nil, fmt.Errorf("number of headers (%d) and field specifications (%d) don't match", len(headers), len(paths))
	}
	var cols []customColumn
	for i := range headers {
		col, err := newColumn(headers[i], paths[i])
		if err != nil {
			return nil, err
		}
		cols = append(cols, col)
	}
	return cols, nil
}

// columnsText draws the table of -o custom-columns.
func columnsText(cols []customColumn, items []map[string]any, headers bool) string {
	var rows [][]string
	if headers {
		row := make([]string, len(cols))
		for i, col := range cols {
			row[i] = col.header
		}
		rows = append(rows, row)
	}
	for _, item := range items {
		row := make([]string, len(cols))
		for i, col := range cols {
			values, err := col.path.Values(item, true)
			if err != nil || len(values) == 0 {
				row[i] = "<none>"
				continue
			}
			parts := make([]string, len(values))
			for j, v := range values {
				switch v.(type) {
				case nil, []any, map[string]any:
					parts[j] = fmt.Sprint(v) // "[IPv4 IPv6]": unlike -o jsonpath, no JSON
				default:
					parts[j] = jsonpath.Plain(v)
				}
			}
			row[i] = strings.Join(parts, ",")
		}
		rows = append(rows, row)
	}
	return alignRows(rows, nil)
}

// alignRows draws rows in columns three spaces apart. widths, if given, remembers the widest cells between calls.
func alignRows(rows [][]string, widths *[]int) string {
	var own []int
	if widths == nil {
		widths = &own
	}
	for _, row := range rows {
		for i, cell := range row {
			if i == len(*widths) {
				*widths = append(*widths, 0)
			}
			(*widths)[i] = max((*widths)[i], len([]rune(cell))+3, 6)
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", (*widths)[i]-len([]rune(cell))))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
