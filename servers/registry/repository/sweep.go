package repository

import "context"

// sweepBatch bounds how many objects one call of the store lists during a sweep.
const sweepBatch = 100

// Sweep brings every object up to date that time has overtaken, one transaction each, and returns how many there were. A
// registry calls it every so often; commands do not depend on it.
func (r *Repository) Sweep(ctx context.Context) (int, error) {
	n := 0
	for {
		var domains, contacts []string
		err := r.store.View(ctx, func(tx Reader) (err error) {
			if domains, err = tx.DueDomains(r.clock(), sweepBatch); err != nil {
				return err
			}
			contacts, err = tx.DueContacts(r.clock(), sweepBatch)
			return err
		})
		if err != nil || len(domains)+len(contacts) == 0 {
			return n, err
		}
		for _, name := range domains {
			err := r.run(ctx, Caller{Operator: true}, func(c *command) error { _, err := found(c.domain(name)); return err })
			if err != nil {
				return n, err
			}
			n++
		}
		for _, id := range contacts {
			err := r.run(ctx, Caller{Operator: true}, func(c *command) error { _, err := found(c.contact(id)); return err })
			if err != nil {
				return n, err
			}
			n++
		}
	}
}
