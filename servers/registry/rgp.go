package registry

import (
	"github.com/protogen-go/protogen/generated/epp"
	"github.com/protogen-go/protogen/servers/registry/repository"
)

// restore is a step of bringing a domain back.
func restore(m *epp.RGPRestore) *repository.Restore {
	s := &repository.Restore{Op: string(m.Op)}
	if r := m.Report; r != nil {
		s.Report = &repository.Report{
			PreData: string(r.PreData.Content), PostData: string(r.PostData.Content),
			Deleted: r.DelTime, Restored: r.ResTime, Reason: string(r.ResReason.Content),
		}
		for _, statement := range r.Statements {
			s.Report.Statements = append(s.Report.Statements, string(statement.Content))
		}
		if r.Other != nil {
			s.Report.Other = string(r.Other.Content)
		}
	}
	return s
}

// rgpData shows periods, nil if there are none.
func rgpData(periods []repository.Grace) *epp.RGPRespData {
	if len(periods) == 0 {
		return nil
	}
	m := new(epp.RGPRespData)
	for _, p := range periods {
		m.RGPStatuses = append(m.RGPStatuses, epp.RGPStatus{S: epp.RGPStatusValue(p.Period), Lang: english})
	}
	return m
}
