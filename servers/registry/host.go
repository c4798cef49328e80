package registry

import (
	"context"

	"github.com/protogen-go/protogen/generated/epp"
	"github.com/protogen-go/protogen/servers/registry/repository"
)

// HostCheck implements [epp.Handler].
func (h *handler) HostCheck(ctx context.Context, req *epp.HostCheckRequest) (*epp.HostCheckResponse, error) {
	if err := plain(&req.CommandHead); err != nil {
		return nil, err
	}
	list, err := h.repo.CheckHosts(ctx, caller(ctx, &req.CommandHead), req.Names)
	if err != nil {
		return nil, refusal(err)
	}
	data := &epp.HostChkData{CDs: make([]epp.HostCheckType, len(list))}
	for i, a := range list {
		data.CDs[i] = epp.HostCheckType{Name: epp.HostCheckName{Avail: a.Available, Value: a.Name}, Reason: reason(a)}
	}
	return &epp.HostCheckResponse{Data: data}, nil
}

// HostInfo implements [epp.Handler].
func (h *handler) HostInfo(ctx context.Context, req *epp.HostInfoRequest) (*epp.HostInfoResponse, error) {
	if err := plain(&req.CommandHead); err != nil {
		return nil, err
	}
	info, err := h.repo.HostInfo(ctx, caller(ctx, &req.CommandHead), req.Name)
	if err != nil {
		return nil, refusal(err)
	}
	data := &epp.HostInfData{
		Name: info.Name, ROID: info.ROID,
		ClID: info.Sponsor, CrID: info.Creator, CrDate: info.Created, UpID: info.Updater, UpDate: info.Updated,
		TrDate: info.Transferred,
	}
	for _, s := range info.InForce {
		data.Statuses = append(data.Statuses, epp.HostStatus{S: epp.HostStatusValue(s.Value), Lang: language(s.Lang), Value: s.Text})
	}
	for _, a := range info.Addresses {
		data.Addrs = append(data.Addrs, epp.HostAddr{IP: epp.HostIP(a.Version), Value: a.IP})
	}
	return &epp.HostInfoResponse{Data: data}, nil
}

// HostCreate implements [epp.Handler].
func (h *handler) HostCreate(ctx context.Context, req *epp.HostCreateRequest) (*epp.HostCreateResponse, error) {
	if err := plain(&req.CommandHead); err != nil {
		return nil, err
	}
	host, err := h.repo.CreateHost(ctx, caller(ctx, &req.CommandHead), req.Name, addresses(req.Addrs))
	if err != nil {
		return nil, refusal(err)
	}
	return &epp.HostCreateResponse{Data: &epp.HostCreData{Name: host.Name, CrDate: host.Created}}, nil
}

// HostDelete implements [epp.Handler].
func (h *handler) HostDelete(ctx context.Context, req *epp.HostDeleteRequest) (*epp.Response, error) {
	if err := plain(&req.CommandHead); err != nil {
		return nil, err
	}
	if err := h.repo.DeleteHost(ctx, caller(ctx, &req.CommandHead), req.Name); err != nil {
		return nil, refusal(err)
	}
	return &epp.Response{}, nil
}

// HostUpdate implements [epp.Handler].
func (h *handler) HostUpdate(ctx context.Context, req *epp.HostUpdateRequest) (*epp.Response, error) {
	if err := plain(&req.CommandHead); err != nil {
		return nil, err
	}
	u := repository.HostUpdate{Name: req.Name, Add: hostChange(req.Add), Remove: hostChange(req.Rem), NewName: req.Chg}
	if _, err := h.repo.UpdateHost(ctx, caller(ctx, &req.CommandHead), u); err != nil {
		return nil, refusal(err)
	}
	return &epp.Response{}, nil
}

func hostChange(c *epp.HostAddRem) repository.HostChange {
	var change repository.HostChange
	if c == nil {
		return change
	}
	change.Addresses = addresses(c.Addrs)
	for _, s := range c.Statuses {
		change.Status = append(change.Status, stated(string(s.S), s.Lang, s.Value))
	}
	return change
}

func addresses(list []epp.HostAddr) []repository.Address {
	var out []repository.Address
	for _, a := range list {
		out = append(out, repository.Address{IP: a.Value, Version: string(a.IP)})
	}
	return out
}
