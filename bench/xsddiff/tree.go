package xsddiff

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Node is an element as it is written: prefixes are not resolved. A node without a name is text.
type Node struct {
	Name     string
	Attrs    []Attr
	Children []*Node
	Text     string
}

// Attr is an attribute as it is written, namespace declarations included.
type Attr struct{ Name, Value string }

// ParseTree reads a document. Comments and processing instructions are dropped; a document type declaration is an error,
// as half of what it means would be lost.
func ParseTree(data []byte) (*Node, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("not UTF-8") }
	top := &Node{}
	open := []*Node{top}
	for {
		token, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		parent := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			n := &Node{Name: rawName(t.Name)}
			for _, a := range t.Attr {
				n.Attrs = append(n.Attrs, Attr{rawName(a.Name), a.Value})
			}
			parent.Children = append(parent.Children, n)
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
			if len(open) == 0 {
				return nil, fmt.Errorf("</%s> closes nothing", rawName(t.Name))
			}
		case xml.CharData:
			if text := string(t); len(open) > 1 && strings.TrimSpace(text) != "" {
				parent.Children = append(parent.Children, &Node{Text: text})
			}
		case xml.Directive:
			return nil, errors.New("a document type declaration")
		}
	}
	if len(top.Children) != 1 || len(open) != 1 {
		return nil, errors.New("not one root element")
	}
	return top.Children[0], nil
}

func rawName(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

// Local is the name without its prefix.
func (n *Node) Local() string { return n.Name[strings.IndexByte(n.Name, ':')+1:] }

// Prefix is the prefix of the name with its colon, or empty.
func (n *Node) Prefix() string { return n.Name[:strings.IndexByte(n.Name, ':')+1] }

// Attr is the value of an attribute, or empty.
func (n *Node) Attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name == name {
			return a.Value
		}
	}
	return ""
}

// Clone copies the node and all below it.
func (n *Node) Clone() *Node {
	c := *n
	c.Attrs = append([]Attr(nil), n.Attrs...)
	c.Children = make([]*Node, len(n.Children))
	for i, child := range n.Children {
		c.Children[i] = child.Clone()
	}
	return &c
}

// Elements are the node and all elements below it, in document order.
func (n *Node) Elements() []*Node {
	if n.Name == "" {
		return nil
	}
	all := []*Node{n}
	for _, child := range n.Children {
		all = append(all, child.Elements()...)
	}
	return all
}

// Bytes is the document that has the node as its root.
func (n *Node) Bytes() []byte {
	var b bytes.Buffer
	n.write(&b)
	b.WriteByte('\n')
	return b.Bytes()
}

func (n *Node) write(b *bytes.Buffer) {
	if n.Name == "" {
		escape(b, n.Text)
		return
	}
	b.WriteString("<" + n.Name)
	for _, a := range n.Attrs {
		b.WriteString(" " + a.Name + `="`)
		escape(b, a.Value)
		b.WriteString(`"`)
	}
	if len(n.Children) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteString(">")
	for _, child := range n.Children {
		child.write(b)
	}
	b.WriteString("</" + n.Name + ">")
}

// escape writes text or an attribute's value. bytes.Buffer does not fail.
func escape(b *bytes.Buffer, text string) { _ = xml.EscapeText(b, []byte(text)) }
