package xsd

import (
	"fmt"
	"io"
	"os"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// ReadFile reads a schema document from a file, for a [Source] or as [Options] Open. One that is too large to be a schema document
// ([xmlstream.DefaultMaxDocument]) is refused before it is read.
func ReadFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	const most = xmlstream.DefaultMaxDocument
	var data []byte
	if info.Size() <= most {
		data, err = io.ReadAll(io.LimitReader(f, most+1)) // what is no regular file may be longer than it says
	}
	switch {
	case err != nil:
		return nil, err
	case info.Size() > most || len(data) > most:
		return nil, fmt.Errorf("%s: more than the %d bytes that a schema document may have", name, most)
	}
	return data, nil
}
