package registry

import (
	"context"

	"github.com/protogen-go/protogen/generated/epp"
	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/servers/registry/repository"
)

// ContactCheck implements [epp.Handler].
func (h *handler) ContactCheck(ctx context.Context, req *epp.ContactCheckRequest) (*epp.ContactCheckResponse, error) {
	if err := plain(&req.CommandHead); err != nil {
		return nil, err
	}
	list, err := h.repo.CheckContacts(ctx, caller(ctx, &req.CommandHead), req.IDs)
	if err != nil {
		return nil, refusal(err)
	}
	data := &epp.ContactChkData{CDs: make([]epp.ContactCheckType, len(list))}
	for i, a := range list {
		data.CDs[i] = epp.ContactCheckType{ID: epp.ContactCheckID{Avail: a.Available, Value: a.Name}, Reason: reason(a)}
	}
	return &epp.ContactCheckResponse{Data: data}, nil
}

// ContactInfo implements [epp.Handler].
func (h *handler) ContactInfo(ctx context.Context, req *epp.ContactInfoRequest) (*epp.ContactInfoResponse, error) {
	if err := plain(&req.CommandHead); err != nil {
		return nil, err
	}
	auth, err := contactAuthInfo(req.AuthInfo)
	if err != nil {
		return nil, err
	}
	info, err := h.repo.ContactInfo(ctx, caller(ctx, &req.CommandHead), req.ID, auth)
	if err != nil {
		return nil, refusal(err)
	}
	return &epp.ContactInfoResponse{Data: contactData(info)}, nil
}

func contactData(info *repository.ContactInfo) *epp.ContactInfData {
	data := &epp.ContactInfData{
		ID: info.Handle, ROID: info.ROID, Email: info.Email, Voice: number(info.Voice), Fax: number(info.Fax),
		ClID: info.Sponsor, CrID: info.Creator, CrDate: info.Created, UpID: info.Updater, UpDate: info.Updated,
		TrDate: info.Transferred, Disclose: disclosed(info.Disclose),
	}
	for _, s := range info.InForce {
		data.Statuses = append(data.Statuses, epp.ContactStatus{S: epp.ContactStatusValue(s.Value), Lang: language(s.Lang), Value: s.Text})
	}
	for _, p := range info.Postal {
		data.PostalInfo = append(data.PostalInfo, epp.ContactPostalInfo{
			Type: epp.ContactPostalInfoEnum(p.Form), Name: p.Name, Org: optional(p.Org),
			Addr: epp.ContactAddr{Streets: p.Streets, City: p.City, SP: optional(p.State), PC: optional(p.Code), CC: p.Country},
		})
	}
	if info.AuthInfo != "" {
		data.AuthInfo = &epp.ContactAuthInfo{PW: &epp.PWAuthInfo{Value: info.AuthInfo}}
	}
	return data
}

// ContactCreate implements [epp.Handler].
func (h *handler) ContactCreate(ctx context.Context, req *epp.ContactCreateRequest) (*epp.ContactCreateResponse, error) {
	if err := plain(&req.CommandHead); err != nil {
		return nil, err
	}
	auth, err := contactAuthInfo(&req.AuthInfo)
	if err != nil {
		return nil, err
	}
	in := repository.Contact{
		Handle: req.ID, Email: req.Email, AuthInfo: auth.Password, Voice: phone(req.Voice), Fax: phone(req.Fax),
		Disclose: disclosure(req.Disclose),
	}
	for _, p := range req.PostalInfo {
		postal := address(&p.Addr)
		postal.Form, postal.Name, postal.Org = string(p.Type), p.Name, text(p.Org)
		in.Postal = append(in.Postal, postal)
	}
	k, err := h.repo.CreateContact(ctx, caller(ctx, &req.CommandHead), in)
	if err != nil {
		return nil, refusal(err)
	}
	return &epp.ContactCreateResponse{Data: &epp.ContactCreData{ID: k.Handle, CrDate: k.Created}}, nil
}

// ContactDelete implements [epp.Handler].
func (h *handler) ContactDelete(ctx context.Context, req *epp.ContactDeleteRequest) (*epp.Response, error) {
	if err := plain(&req.CommandHead); err != nil {
		return nil, err
	}
	if err := h.repo.DeleteContact(ctx, caller(ctx, &req.CommandHead), req.ID); err != nil {
		return nil, refusal(err)
	}
	return &epp.Response{}, nil
}

// ContactTransfer implements [epp.Handler].
func (h *handler) ContactTransfer(ctx context.Context, req *epp.ContactTransferRequest) (*epp.ContactTransferResponse, error) {
	if err := plain(&req.CommandHead); err != nil {
		return nil, err
	}
	auth, err := contactAuthInfo(req.AuthInfo)
	if err != nil {
		return nil, err
	}
	by, res := caller(ctx, &req.CommandHead), &epp.ContactTransferResponse{}
	var t *repository.ObjectTransfer
	switch req.Op {
	case epp.TransferOpQuery:
		t, err = h.repo.ContactTransfer(ctx, by, req.ID, auth)
	case epp.TransferOpRequest:
		t, err = h.repo.RequestContactTransfer(ctx, by, req.ID, auth)
		res.ResponseHead = coded(epp.CodePending)
	default:
		t, err = h.repo.DecideContactTransfer(ctx, by, req.ID, repository.Decision(req.Op))
	}
	if err != nil {
		return nil, refusal(err)
	}
	res.Data = contactTransfer(t)
	return res, nil
}

func contactTransfer(t *repository.ObjectTransfer) *epp.ContactTrnData {
	return &epp.ContactTrnData{
		ID: t.Object, TrStatus: epp.TrStatus(t.Transfer.Status),
		ReID: t.Transfer.Requester, ReDate: t.Transfer.Requested,
		AcID: t.Transfer.Actor, AcDate: t.Transfer.Acted,
	}
}

// ContactUpdate implements [epp.Handler].
func (h *handler) ContactUpdate(ctx context.Context, req *epp.ContactUpdateRequest) (*epp.Response, error) {
	if err := plain(&req.CommandHead); err != nil {
		return nil, err
	}
	u := repository.ContactUpdate{Handle: req.ID, Add: contactStatus(req.Add), Remove: contactStatus(req.Rem)}
	if chg := req.Chg; chg != nil {
		auth, err := contactAuthInfo(chg.AuthInfo)
		if err != nil {
			return nil, err
		}
		if auth != nil {
			u.AuthInfo = &auth.Password
		}
		contactChange(&u, chg)
	}
	if _, err := h.repo.UpdateContact(ctx, caller(ctx, &req.CommandHead), u); err != nil {
		return nil, refusal(err)
	}
	return &epp.Response{}, nil
}

// contactChange puts what chg changes, authorization information aside, into u.
func contactChange(u *repository.ContactUpdate, chg *epp.ContactChg) {
	for _, p := range chg.PostalInfo {
		change := repository.PostalChange{Form: string(p.Type), Name: optional(p.Name), Org: p.Org}
		if p.Addr != nil {
			postal := address(p.Addr)
			change.Address = &postal
		}
		u.Postal = append(u.Postal, change)
	}
	if chg.Voice != nil {
		voice := phone(chg.Voice)
		u.Voice = &voice
	}
	if chg.Fax != nil {
		fax := phone(chg.Fax)
		u.Fax = &fax
	}
	u.Email = optional(chg.Email)
	u.Disclose = disclosure(chg.Disclose)
}

func contactStatus(c *epp.ContactAddRem) []repository.Status {
	if c == nil {
		return nil
	}
	var out []repository.Status
	for _, s := range c.Statuses {
		out = append(out, stated(string(s.S), s.Lang, s.Value))
	}
	return out
}

func contactAuthInfo(a *epp.ContactAuthInfo) (*repository.AuthInfo, error) {
	if a == nil {
		return nil, nil
	}
	return authInfo(a.PW, a.Ext)
}

// address is the address part of postal information.
func address(a *epp.ContactAddr) repository.Postal {
	return repository.Postal{Streets: a.Streets, City: a.City, State: text(a.SP), Code: text(a.PC), Country: a.CC}
}

// phone is a telephone number as it came; an empty one removes.
func phone(m *epp.ContactE164) repository.Phone {
	if m == nil {
		return repository.Phone{}
	}
	return repository.Phone{Number: m.Value, Extension: text(m.X)}
}

// number is a telephone number as it goes, nil if there is none.
func number(p repository.Phone) *epp.ContactE164 {
	if p.Number == "" {
		return nil
	}
	return &epp.ContactE164{Value: p.Number, X: optional(p.Extension)}
}

func disclosure(m *epp.ContactDisclose) *repository.Disclosure {
	if m == nil {
		return nil
	}
	return &repository.Disclosure{
		Allow: m.Flag, Name: forms(m.Names), Org: forms(m.Orgs), Addr: forms(m.Addrs),
		Voice: m.Voice != nil, Fax: m.Fax != nil, Email: m.Email != nil,
	}
}

func disclosed(d *repository.Disclosure) *epp.ContactDisclose {
	if d == nil {
		return nil
	}
	return &epp.ContactDisclose{
		Flag: d.Allow, Names: intLoc(d.Name), Orgs: intLoc(d.Org), Addrs: intLoc(d.Addr),
		Voice: present(d.Voice), Fax: present(d.Fax), Email: present(d.Email),
	}
}

func forms(list []epp.ContactIntLoc) []string {
	var out []string
	for _, m := range list {
		out = append(out, string(m.Type))
	}
	return out
}

func intLoc(forms []string) []epp.ContactIntLoc {
	var out []epp.ContactIntLoc
	for _, form := range forms {
		out = append(out, epp.ContactIntLoc{Type: epp.ContactPostalInfoEnum(form)})
	}
	return out
}

// present is an element that says something by being there.
func present(there bool) *xmlstream.Any {
	if !there {
		return nil
	}
	return new(xmlstream.Any)
}

// optional is a text that may be left out, as it goes.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// text is a text that may be left out, as it came.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
