"""Users and roles: who has an account, and what an administrator changes about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from dam_hooks.desk import accounts
from dam_hooks.desk.desk_roles import ADMIN, ROLES, for_roles
from dam_hooks.desk.forms import several
from dam_plugin.errors import InputError

PAGE = 50


class RolesForm(forms.Form):
    """Which roles an account has."""

    roles = several(gettext_lazy("Roles"), [(each.word, each.title) for each in ROLES])


class NewForm(RolesForm):
    """A new account."""

    name = forms.CharField(
        label=gettext_lazy("Name of the account"),
        max_length=150,
        help_text=gettext_lazy("Letters, digits and @ . + - _, such as maria.lopez"),
        widget=forms.TextInput(
            attrs={"class": "usa-input", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    field_order = ("name", "roles")


class OtherForm(forms.Form):
    """Another account of the same person."""

    other = forms.CharField(
        label=gettext_lazy("Name of the other account"),
        max_length=150,
        widget=forms.TextInput(attrs={"class": "usa-input", "autocomplete": "off", "autocapitalize": "none"}),
    )


@for_roles(ADMIN)
@require_safe
def users(request: HttpRequest) -> HttpResponse:
    """Show the accounts, page by page."""
    found = accounts.listed(request.GET.get("after", "")[:150], PAGE + 1)
    context = {
        "accounts": found[:PAGE],
        "after": found[PAGE - 1].name if len(found) > PAGE else None,
        "title": _("Users and roles"),
    }
    return render(request, "desk/users.html", context)


@for_roles(ADMIN)
@require_http_methods(["GET", "POST"])
def new_user(request: HttpRequest) -> HttpResponse:
    """Make an account; its password is on the answer alone."""
    form = NewForm(request.POST or None)
    context: dict[str, Any] = {"form": form, "title": _("A new account")}
    if request.method == "POST" and form.is_valid():
        try:
            made, password = accounts.make(request, form.cleaned_data["name"], form.cleaned_data["roles"])
        except InputError as error:
            form.add_error("name", str(error))
        else:
            context |= {"account": accounts.account_of(made), "password": password}
    return render(request, "desk/new_user.html", context)


@for_roles(ADMIN)
@require_http_methods(["GET", "POST"])
def user(request: HttpRequest, account: int) -> HttpResponse:
    """Show one account, and change it: each form says by `do` what."""
    found = User.objects.filter(pk=account).first()
    if found is None:
        raise Http404
    do = request.POST.get("do", "")
    roles_form = RolesForm(request.POST if do == "roles" else None, initial={"roles": _words(found)})
    other_form = OtherForm(request.POST if do == "link" else None)
    password = None
    shown = accounts.account_of(found)
    is_me = found.pk == request.user.pk
    if request.method == "POST":
        try:
            done, password = _done(request, found, do, roles_form, other_form)
        except InputError as error:
            shown_forms: dict[str, forms.Form] = {} if is_me else {"link": other_form}
            if not (is_me or shown.by_provider):
                shown_forms["roles"] = roles_form
            if do in shown_forms:
                shown_forms[do].add_error(None, str(error))
            else:
                messages.error(request, str(error))
        else:
            if done and password is None:
                messages.success(request, done)
                return redirect("desk:user", account=account)
        found.refresh_from_db()
    context = {
        "account": accounts.account_of(found),
        "others": accounts.others_of_person(found),
        "is_me": is_me,
        "roles_form": roles_form,
        "other_form": other_form,
        "password": password,
        "title": found.username,
    }
    return render(request, "desk/user.html", context)


def _words(user: User) -> list[str]:
    return [each.word for each in accounts.account_of(user).roles]


def _done(
    request: HttpRequest, user: User, do: str, roles_form: RolesForm, other_form: OtherForm
) -> tuple[str | None, str | None]:
    """Carry a form out; return what to say of it, and a password to be shown once. Raises InputError."""
    said = None
    if do == "roles":
        if roles_form.is_valid():
            accounts.give_roles(request, user, roles_form.cleaned_data["roles"])
            said = _("The roles are changed. They count from now on, also where somebody is signed in.")
    elif do == "link":
        if other_form.is_valid():
            accounts.link(request, user, other_form.cleaned_data["other"])
            said = _("Both accounts count as one person from now on.")
    elif do == "sign-out":
        ended = accounts.sign_out_everywhere(request, user)
        said = ngettext("Signed out on %(n)d machine.", "Signed out on %(n)d machines.", ended) % {"n": ended}
    elif do == "password":
        return None, accounts.renew_password(request, user)
    elif do in CHANGES:
        change, told = CHANGES[do]
        change(request, user)
        said = str(told)
    else:
        raise InputError(_("This page knows no such change: use its buttons."))
    return said, None


CHANGES: dict[str, tuple[Callable[[HttpRequest, User], None], Any]] = {
    "off": (
        partial(accounts.switch, on=False),
        gettext_lazy("The account is switched off, and signed out everywhere."),
    ),
    "on": (partial(accounts.switch, on=True), gettext_lazy("The account is switched on.")),
    "factor": (
        accounts.reset_second_factor,
        gettext_lazy("The second factor is forgotten: the next sign-in sets up a new one."),
    ),
}
