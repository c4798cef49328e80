package registry

import (
	"context"
	"time"

	"github.com/protogen-go/protogen/generated/epp"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/servers/registry/repository"
)

// DomainCheck implements [epp.Handler].
func (h *handler) DomainCheck(ctx context.Context, req *epp.DomainCheckRequest) (*epp.DomainCheckResponse, error) {
	if err := plain(&req.CommandHead); err != nil {
		return nil, err
	}
	list, err := h.repo.CheckDomains(ctx, caller(ctx, &req.CommandHead), req.Names)
	if err != nil {
		return nil, refusal(err)
	}
	data := &epp.DomainChkData{CDs: make([]epp.DomainCheckType, len(list))}
	for i, a := range list {
		data.CDs[i] = epp.DomainCheckType{Name: epp.DomainCheckName{Avail: a.Available, Value: a.Name}, Reason: reason(a)}
	}
	return &epp.DomainCheckResponse{Data: data}, nil
}

// DomainInfo implements [epp.Handler].
func (h *handler) DomainInfo(ctx context.Context, req *epp.DomainInfoRequest) (*epp.DomainInfoResponse, error) {
	if err := plain(&req.CommandHead); err != nil {
		return nil, err
	}
	auth, err := domainAuthInfo(req.AuthInfo)
	if err != nil {
		return nil, err
	}
	info, err := h.repo.DomainInfo(ctx, caller(ctx, &req.CommandHead), req.Name.Value, auth)
	if err != nil {
		return nil, refusal(err)
	}
	res := &epp.DomainInfoResponse{Data: domainData(info, req.Name.Hosts)}
	if data := secDNSData(&info.SecDNS); data != nil && chose(ctx, spaceSecDNS) {
		res.Extensions = append(res.Extensions, data)
	}
	if data := rgpData(info.Periods); data != nil && chose(ctx, spaceRGP) {
		res.Extensions = append(res.Extensions, (*epp.RGPInfData)(data))
	}
	return res, nil
}

// domainData is a domain with the hosts that were asked for.
func domainData(info *repository.DomainInfo, hosts epp.DomainHosts) *epp.DomainInfData {
	data := &epp.DomainInfData{
		Name: info.Name, ROID: info.ROID, Registrant: info.Registrant,
		ClID: info.Sponsor, CrID: info.Creator, CrDate: info.Created, UpID: info.Updater, UpDate: info.Updated,
		ExDate: info.Expires, TrDate: info.Transferred,
	}
	for _, s := range info.InForce() {
		data.Statuses = append(data.Statuses, epp.DomainStatus{S: epp.DomainStatusValue(s.Value), Lang: language(s.Lang), Value: s.Text})
	}
	for _, c := range info.Contacts {
		data.Contacts = append(data.Contacts, epp.DomainContact{Type: epp.DomainContactAttr(c.Role), Value: c.ID})
	}
	if len(info.Nameservers) > 0 && (hosts == epp.DomainHostsAll || hosts == epp.DomainHostsDel) {
		data.NS = &epp.DomainNS{HostObjs: info.Nameservers}
	}
	if hosts == epp.DomainHostsAll || hosts == epp.DomainHostsSub {
		data.Hosts = info.Subordinates
	}
	if info.AuthInfo != "" {
		data.AuthInfo = &epp.DomainAuthInfo{PW: &epp.PWAuthInfo{Value: info.AuthInfo}}
	}
	return data
}

// DomainCreate implements [epp.Handler].
func (h *handler) DomainCreate(ctx context.Context, req *epp.DomainCreateRequest) (*epp.DomainCreateResponse, error) {
	auth, err := domainAuthInfo(&req.AuthInfo)
	if err != nil {
		return nil, err
	}
	in := repository.NewDomain{
		Name: req.Name, Period: period(req.Period), Registrant: req.Registrant, Contacts: domainContacts(req.Contacts),
		AuthInfo: auth.Password,
	}
	if in.Nameservers, err = nameservers(req.NS); err != nil {
		return nil, err
	}
	for _, e := range req.Extensions {
		data, ok := e.(*epp.SecDNSCreate)
		if !ok {
			return nil, foreign(e)
		}
		in.SecDNS = secDNS((*epp.SecDNSDSOrKey)(data))
	}
	d, err := h.repo.CreateDomain(ctx, caller(ctx, &req.CommandHead), in)
	if err != nil {
		return nil, refusal(err)
	}
	return &epp.DomainCreateResponse{Data: &epp.DomainCreData{Name: d.Name, CrDate: d.Created, ExDate: d.Expires}}, nil
}

// DomainDelete implements [epp.Handler].
func (h *handler) DomainDelete(ctx context.Context, req *epp.DomainDeleteRequest) (*epp.Response, error) {
	if err := plain(&req.CommandHead); err != nil {
		return nil, err
	}
	by := caller(ctx, &req.CommandHead)
	by.SvTRID = session.Serial(ctx) // the notice of the purge will name this command
	pending, err := h.repo.DeleteDomain(ctx, by, req.Name)
	if err != nil {
		return nil, refusal(err)
	}
	res := &epp.Response{}
	if pending {
		res.ResponseHead = coded(epp.CodePending)
	}
	res.TrID.SvTRID = by.SvTRID
	return res, nil
}

// DomainRenew implements [epp.Handler].
func (h *handler) DomainRenew(ctx context.Context, req *epp.DomainRenewRequest) (*epp.DomainRenewResponse, error) {
	if err := plain(&req.CommandHead); err != nil {
		return nil, err
	}
	day := time.Date(req.CurExpDate.Year, req.CurExpDate.Month, req.CurExpDate.Day, 0, 0, 0, 0, time.UTC)
	d, err := h.repo.RenewDomain(ctx, caller(ctx, &req.CommandHead), req.Name, day, period(req.Period))
	if err != nil {
		return nil, refusal(err)
	}
	return &epp.DomainRenewResponse{Data: &epp.DomainRenData{Name: d.Name, ExDate: d.Expires}}, nil
}

// DomainTransfer implements [epp.Handler].
func (h *handler) DomainTransfer(ctx context.Context, req *epp.DomainTransferRequest) (*epp.DomainTransferResponse, error) {
	if err := plain(&req.CommandHead); err != nil {
		return nil, err
	}
	auth, err := domainAuthInfo(req.AuthInfo)
	if err != nil {
		return nil, err
	}
	by, res := caller(ctx, &req.CommandHead), &epp.DomainTransferResponse{}
	var t *repository.ObjectTransfer
	switch req.Op {
	case epp.TransferOpQuery:
		t, err = h.repo.DomainTransfer(ctx, by, req.Name, auth)
	case epp.TransferOpRequest:
		t, err = h.repo.RequestDomainTransfer(ctx, by, req.Name, period(req.Period), auth)
		res.ResponseHead = coded(epp.CodePending)
	default:
		t, err = h.repo.DecideDomainTransfer(ctx, by, req.Name, repository.Decision(req.Op))
	}
	if err != nil {
		return nil, refusal(err)
	}
	res.Data = domainTransfer(t)
	return res, nil
}

func domainTransfer(t *repository.ObjectTransfer) *epp.DomainTrnData {
	return &epp.DomainTrnData{
		Name: t.Object, TrStatus: epp.TrStatus(t.Transfer.Status),
		ReID: t.Transfer.Requester, ReDate: t.Transfer.Requested,
		AcID: t.Transfer.Actor, AcDate: t.Transfer.Acted, ExDate: t.Transfer.Expires,
	}
}

// DomainUpdate implements [epp.Handler].
func (h *handler) DomainUpdate(ctx context.Context, req *epp.DomainUpdateRequest) (*epp.Response, error) {
	u, err := domainUpdate(req)
	if err != nil {
		return nil, err
	}
	d, err := h.repo.UpdateDomain(ctx, caller(ctx, &req.CommandHead), *u)
	if err != nil {
		return nil, refusal(err)
	}
	res := &epp.Response{}
	if u.Restore != nil && d.Deletion != nil {
		data := rgpData([]repository.Grace{{Period: d.Deletion.Period}})
		res.Extensions = []epp.Element{(*epp.RGPUpData)(data)}
	}
	return res, nil
}

func domainUpdate(req *epp.DomainUpdateRequest) (*repository.DomainUpdate, error) {
	u := &repository.DomainUpdate{Name: req.Name}
	var err error
	if u.Add, err = domainChange(req.Add); err != nil {
		return nil, err
	}
	if u.Remove, err = domainChange(req.Rem); err != nil {
		return nil, err
	}
	if chg := req.Chg; chg != nil {
		u.Registrant = chg.Registrant
		switch auth := chg.AuthInfo; {
		case auth == nil:
		case auth.PW != nil:
			u.AuthInfo = &auth.PW.Value
		case auth.Null != nil:
			u.AuthInfo = new(string)
		default:
			return nil, optionError("authorization information other than a password")
		}
	}
	for _, e := range req.Extensions {
		switch data := e.(type) {
		case *epp.SecDNSUpdate:
			u.SecDNS = secDNSUpdate(data)
		case *epp.RGPUpdate:
			u.Restore = restore(&data.Restore)
		default:
			return nil, foreign(e)
		}
	}
	return u, nil
}

func domainChange(c *epp.DomainAddRem) (repository.DomainChange, error) {
	var change repository.DomainChange
	if c == nil {
		return change, nil
	}
	for _, s := range c.Statuses {
		change.Status = append(change.Status, stated(string(s.S), s.Lang, s.Value))
	}
	change.Contacts = domainContacts(c.Contacts)
	var err error
	change.Nameservers, err = nameservers(c.NS)
	return change, err
}

func domainAuthInfo(a *epp.DomainAuthInfo) (*repository.AuthInfo, error) {
	if a == nil {
		return nil, nil
	}
	return authInfo(a.PW, a.Ext)
}

// nameservers are the hosts of a domain, which this registry has as objects (RFC 5731 section 1.1).
func nameservers(ns *epp.DomainNS) ([]string, error) {
	switch {
	case ns == nil:
		return nil, nil
	case len(ns.HostAttrs) > 0:
		return nil, optionError("hosts are objects here: use hostObj")
	}
	return ns.HostObjs, nil
}

func domainContacts(list []epp.DomainContact) []repository.DomainContact {
	var out []repository.DomainContact
	for _, c := range list {
		out = append(out, repository.DomainContact{ID: c.Value, Role: string(c.Type)})
	}
	return out
}

func period(p *epp.DomainPeriod) repository.Period {
	if p == nil {
		return repository.Period{}
	}
	return repository.Period{N: int(p.Value), Unit: string(p.Unit)}
}
