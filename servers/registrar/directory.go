package registrar

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/runtime/header/uri"
	"github.com/protogen-go/protogen/servers/sip"
)

// A Binding is an address at which a user can be reached for a while.
type Binding struct {
	URI      uri.URI
	Params   header.Params // of the Contact, without expires
	CallID   string        // of the REGISTER that made or renewed it
	CSeq     uint32
	Path     []sip.Route // proxies on the way there (RFC 3327)
	Flow     string      // the connection that the REGISTER came by, as servers/sip names it: good as long as the process; empty for none
	Only     bool        // nothing but Flow leads there
	Instance string      // of the user agent, if it keeps several flows (RFC 5626); its bindings are tried one after the other
	RegID    uint32      // which of them
	Deadline time.Time
}

// A Directory keeps bindings and accounts. Its methods may be called by many goroutines at a time. User names are those of addresses of record: "bob@biloxi.example".
type Directory interface {
	// Bindings are those of a user, in the order that Update left them in, expired ones perhaps among them, and whether there is such a user.
	Bindings(ctx context.Context, user string) (list []Binding, known bool, err error)
	// Update replaces the bindings of a user by what change makes of them, without any other change in between. An error of change
	// leaves them as they were and is returned.
	Update(ctx context.Context, user string, change func([]Binding) ([]Binding, error)) error
	// Password is that of an account, which is named without its domain, and whether there is one.
	Password(ctx context.Context, account string) (password string, ok bool, err error)
}

// Memory is a Directory in memory. The zero Memory knows nobody; without accounts it takes everybody as known.
type Memory struct {
	// Accounts are passwords by name. It must not be changed while the Memory is used.
	Accounts map[string]string

	mu   sync.Mutex
	list map[string][]Binding
}

// Bindings implements Directory.
func (m *Memory) Bindings(_ context.Context, user string) ([]Binding, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := slices.Clone(m.list[user])
	name, _, _ := strings.Cut(user, "@")
	_, known := m.Accounts[name]
	return list, known || len(list) > 0, nil
}

// Update implements Directory.
func (m *Memory) Update(_ context.Context, user string, change func([]Binding) ([]Binding, error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	list, err := change(slices.Clone(m.list[user]))
	switch {
	case err != nil:
		return err
	case len(list) == 0:
		delete(m.list, user)
		return nil
	case m.list == nil:
		m.list = map[string][]Binding{}
	}
	m.list[user] = list
	return nil
}

// Password implements Directory.
func (m *Memory) Password(_ context.Context, account string) (string, bool, error) {
	password, ok := m.Accounts[account]
	return password, ok, nil
}
