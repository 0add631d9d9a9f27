"""Pages about who owns what: accounts outside any organization, products and keys inside one."""

from django.urls import path, re_path

from products.views import (
    access_requests,
    accounts,
    api_keys,
    audit_log,
    collaborators,
    invitations,
    members,
    organization,
    products,
)

account_urls = [
    path("signup/", accounts.signup, name="account_signup"),
    path("login/", accounts.login, name="account_login"),
    path("logout/", accounts.logout, name="account_logout"),
    path("account/inactive/", accounts.inactive, name="account_inactive"),
    path("account/reauthenticate/", accounts.reauthenticate, name="account_reauthenticate"),
    path("account/email/", accounts.email, name="account_email"),
    path("account/email/confirm/", accounts.email_verification_sent, name="account_email_verification_sent"),
    re_path(r"^account/email/confirm/(?P<key>[-:\w]+)/$", accounts.confirm_email, name="account_confirm_email"),
    path("account/password/change/", accounts.password_change, name="account_change_password"),
    path("account/password/set/", accounts.password_set, name="account_set_password"),
    path("account/password/reset/", accounts.password_reset, name="account_reset_password"),
    path("account/password/reset/done/", accounts.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^account/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        accounts.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "account/password/reset/key/done/",
        accounts.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("organizations/new/", organization.new, name="organization-new"),
    path("organizations/deleted/<uuid:receipt_id>/", organization.deleted, name="organization-deleted"),
    path(
        "organizations/deleted/<uuid:receipt_id>/receipt/", organization.download_receipt, name="organization-receipt"
    ),
    path("invitations/<str:token>/", invitations.page, name="invitation"),
    path("invitations/<str:token>/join/", invitations.join, name="invitation-join"),
]

organization_urls = [
    path("products/", products.index, name="product-list"),
    path("products/new/", products.new, name="product-new"),
    path("products/<uuid:product_id>/", products.detail, name="product-detail"),
    path("products/<uuid:product_id>/edit/", products.edit, name="product-edit"),
    path("products/<uuid:product_id>/collaborators/", collaborators.add, name="collaborator-add"),
    path(
        "products/<uuid:product_id>/collaborators/<uuid:member_id>/remove/",
        collaborators.remove,
        name="collaborator-remove",
    ),
    path("access-requests/", access_requests.new, name="access-request-new"),
    path("api-keys/", api_keys.index, name="api-key-list"),
    path("api-keys/new/", api_keys.new, name="api-key-new"),
    path("api-keys/<uuid:api_key_id>/rotate/", api_keys.rotate, name="api-key-rotate"),
    path("api-keys/<uuid:api_key_id>/revoke/", api_keys.revoke, name="api-key-revoke"),
    path("settings/", organization.settings, name="settings"),
    path("settings/delete/", organization.delete, name="organization-delete"),
    path("settings/members/", members.index, name="member-list"),
    path("settings/members/<uuid:member_id>/", members.detail, name="member-detail"),
    path("settings/members/<uuid:member_id>/role/", members.role, name="member-role"),
    path("settings/members/<uuid:member_id>/products/", members.products, name="member-products"),
    path("settings/members/<uuid:member_id>/remove/", members.remove, name="member-remove"),
    path("settings/invitations/new/", invitations.new, name="invitation-new"),
    path("settings/invitations/<uuid:invitation_id>/resend/", invitations.resend_link, name="invitation-resend"),
    path("settings/invitations/<uuid:invitation_id>/revoke/", invitations.revoke, name="invitation-revoke"),
    path(
        "settings/access-requests/<uuid:access_request_id>/dismiss/",
        access_requests.dismiss_request,
        name="access-request-dismiss",
    ),
    path("settings/audit-log/", audit_log.index, name="audit-log"),
    path("settings/audit-log/export/", audit_log.export, name="audit-log-export"),
    path("leave/", members.leave_organization, name="organization-leave"),
]
