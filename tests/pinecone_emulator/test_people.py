"""The people of the organization: users, invites, service accounts and role bindings, as the SDK calls them."""

import httpx
import pytest
from pinecone import Admin, ConflictError, ForbiddenError, NotFoundError
from pinecone.errors.exceptions import ApiError

DAY = 86_400
MEMBER = {"resource_type": "organization", "role": "OrgMember"}


@pytest.fixture
def admin_as(emulator):
    """Make Admin clients of a service account; they are closed afterwards."""
    made = []

    def admin_as(client_id, client_secret):
        made.append(
            Admin(
                client_id=client_id,
                client_secret=client_secret,
                host=emulator.url,
                oauth_url=emulator.oauth_url,
            )
        )
        return made[-1]

    yield admin_as
    for one in made:
        one.close()


@pytest.fixture
def admin(emulator, admin_as):
    return admin_as(emulator.client_id, emulator.client_secret)


@pytest.fixture
def project_id(admin):
    return admin.projects.list()[0].id


@pytest.fixture
def account(admin, admin_as):
    """Make a service account with these roles; give it and an Admin client of it."""

    def account(*bindings):
        made = admin.service_accounts.create(name="ci", role_bindings=list(bindings))
        return made.service_account, admin_as(made.service_account.client_id, made.client_secret)

    return account


def test_an_invite_lives_from_pending_to_processed(emulator, admin, call):
    invite = admin.invites.create(email="New@example.com", role_bindings=[MEMBER])
    accepted = call("POST", f"/_emulator/invites/{invite.id}/accept", {"name": "New"})
    (user,) = admin.users.list(email="new@example.com")
    roles = [one.role for one in admin.role_bindings.list(principal_type="user", principal_id=user.id)]
    assert (invite.status, accepted.status_code, user.name, roles) == ("pending", 201, "New", ["OrgMember"])
    assert (admin.invites.list().to_list(), admin.invites.describe(invite_id=invite.id).status) == (
        [],
        "processed",
    )
    for refused in (admin.invites.resend, admin.invites.delete):
        with pytest.raises(ConflictError, match="already been accepted"):
            refused(invite_id=invite.id)
    assert call("POST", f"/_emulator/invites/{invite.id}/accept").status_code == 412
    assert emulator.url


def test_an_invite_expires_after_a_week_and_is_pending_again_when_resent(emulator, admin):
    invite = admin.invites.create(email="new@example.com", role_bindings=[MEMBER])
    emulator.control.advance(7 * DAY)
    (expired,) = admin.invites.list()
    assert (expired.status, admin.invites.resend(invite_id=invite.id).status) == ("expired", "pending")


def test_one_pending_invite_an_address_and_none_for_members(admin):
    invite = admin.invites.create(email="new@example.com", role_bindings=[MEMBER])
    with pytest.raises(ConflictError, match=f"its ID is {invite.id}"):
        admin.invites.create(email="new@example.com", role_bindings=[MEMBER])
    admin.invites.delete(invite_id=invite.id)
    with pytest.raises(NotFoundError):
        admin.invites.describe(invite_id=invite.id)


@pytest.mark.parametrize(
    ("email", "bindings"),
    [
        ("nobody", [MEMBER]),
        (f"{'x' * 250}@example.com", [MEMBER]),
        ("new@example.com", []),
        ("new@example.com", [{"resource_type": "organization", "role": "ProjectOwner"}]),
    ],
)
def test_an_invite_that_makes_no_sense_is_400(emulator, admin, email, bindings):
    token = token_of(emulator)
    answer = httpx.post(
        f"{emulator.url}/admin/invites",
        json={"email": email, "role_bindings": bindings},
        headers={"Authorization": f"Bearer {token}", "X-Pinecone-Api-Version": "2026-07"},
    )
    assert (answer.status_code, admin.invites.list().to_list()) == (400, [])


def token_of(emulator):
    body = {
        "client_id": emulator.client_id,
        "client_secret": emulator.client_secret,
        "grant_type": "client_credentials",
        "audience": "https://api.pinecone.io/",
    }
    return httpx.post(emulator.oauth_url, data=body).json()["access_token"]


def test_the_last_owner_stays(admin):
    (owner,) = admin.users.list()
    (binding,) = admin.role_bindings.list(principal_type="user")
    for refused in (
        lambda: admin.users.delete(user_id=owner.id),
        lambda: admin.role_bindings.delete(role_binding_id=binding.id),
    ):
        with pytest.raises(ConflictError, match="last OrgOwner"):
            refused()


def test_a_user_without_bindings_has_left(admin, call):
    invite = admin.invites.create(email="new@example.com", role_bindings=[MEMBER])
    user_id = call("POST", f"/_emulator/invites/{invite.id}/accept").json()["id"]
    (binding,) = admin.role_bindings.list(principal_type="user", principal_id=user_id)
    admin.role_bindings.delete(role_binding_id=binding.id)
    with pytest.raises(NotFoundError):
        admin.users.describe(user_id=user_id)


def test_the_membership_of_a_user_or_an_invite_goes_last(admin, call, project_id):
    viewer = {"resource_type": "project", "role": "ProjectViewer", "resource_id": project_id}
    invite = admin.invites.create(email="new@example.com", role_bindings=[MEMBER, viewer])
    of_invite = admin.role_bindings.list(principal_type="invite", role="OrgMember").to_list()
    with pytest.raises(ConflictError, match="delete the invite instead"):
        admin.role_bindings.delete(role_binding_id=of_invite[0].id)
    call("POST", f"/_emulator/invites/{invite.id}/accept")
    of_user = admin.role_bindings.list(principal_type="user", role="OrgMember").to_list()
    with pytest.raises(ConflictError, match="for this user"):
        admin.role_bindings.delete(role_binding_id=of_user[0].id)


def test_a_service_account_lives_and_its_secret_rotates(admin, admin_as):
    made = admin.service_accounts.create(name="ci", role_bindings=[MEMBER])
    account = made.service_account
    own = admin_as(account.client_id, made.client_secret)
    assert own.projects.list().names()[0] == "development"
    rotated = admin.service_accounts.rotate_secret(service_account_id=account.id)
    with pytest.raises(ApiError, match="Unauthorized"):
        own.projects.list()
    with pytest.raises(ApiError, match="Unauthorized"):
        admin_as(account.client_id, made.client_secret)
    again = admin_as(account.client_id, rotated.client_secret)
    renamed = admin.service_accounts.update(service_account_id=account.id, name="cd")
    assert (renamed.name, renamed.client_id) == ("cd", account.client_id)
    admin.service_accounts.delete(service_account_id=account.id)
    with pytest.raises(ApiError, match="Unauthorized"):
        again.projects.list()
    with pytest.raises(NotFoundError):
        admin.service_accounts.describe(service_account_id=account.id)
    assert [one.name for one in admin.service_accounts.list()] == ["development"]


def test_a_service_account_without_roles_sees_nothing(account):
    _, nobody = account()
    assert nobody.projects.list().names() == []
    for refused in (nobody.organizations.list, lambda: nobody.users.list().to_list()):
        with pytest.raises(ForbiddenError, match="Access denied: Permission organization::"):
            refused()


def test_a_member_reads_and_changes_nothing(account, project_id):
    _, member = account(MEMBER)
    assert (len(member.users.list().to_list()), member.projects.list().names()[0]) == (1, "development")
    for refused in (
        lambda: member.projects.create(name="x"),
        lambda: member.api_keys.create(project_id=project_id, name="k"),
        lambda: member.service_accounts.create(name="x"),
        lambda: member.projects.delete(project_id=project_id),
    ):
        with pytest.raises(ForbiddenError):
            refused()


def test_a_project_manager_manages_that_project_only(admin, account, project_id):
    other = admin.projects.create(name="other")
    scope = {"resource_type": "project", "resource_id": other.id}
    made, manager = account({**scope, "role": "ProjectManager"})
    key = manager.api_keys.create(project_id=other.id, name="k")
    assert (manager.projects.list().names(), key.key.project_id) == (["other"], other.id)
    with pytest.raises(NotFoundError):
        manager.projects.describe(project_id=project_id)
    mine = {"principal_type": "service_account", "principal_id": made.id, **scope}
    with pytest.raises(ForbiddenError, match="a role above yours"):
        manager.role_bindings.create(**mine, role="ProjectOwner")
    assert manager.role_bindings.create(**mine, role="ProjectViewer").role == "ProjectViewer"


def test_a_manager_does_not_make_owners(account):
    _, manager = account({"resource_type": "organization", "role": "OrgManager"})
    manager.projects.create(name="other")
    with pytest.raises(ForbiddenError, match="a role above yours"):
        manager.service_accounts.create(
            name="x", role_bindings=[{"resource_type": "organization", "role": "OrgOwner"}]
        )


def test_bindings_are_filtered_paged_and_unique(admin, account, project_id):
    made, _ = account(MEMBER)
    scope = {"resource_type": "project", "resource_id": project_id}
    wanted = {
        "principal_type": "service_account",
        "principal_id": made.id,
        **scope,
        "role": "DataPlaneEditor",
    }
    binding = admin.role_bindings.create(**wanted)
    with pytest.raises(ConflictError, match="already exists"):
        admin.role_bindings.create(**wanted)
    listed = admin.role_bindings.list(principal_type="service_account", principal_id=made.id).to_list()
    pages = [len(page.items) for page in admin.role_bindings.list(**scope, limit=1).pages()]
    assert admin.role_bindings.describe(role_binding_id=binding.id) == binding
    assert ({one.role for one in listed}, sum(pages), pages[0]) == ({"OrgMember", "DataPlaneEditor"}, 2, 1)


def test_the_roles_of_a_key_are_bindings_too(admin, caller, project_id):
    made = admin.api_keys.create(project_id=project_id, name="k", roles=["DataPlaneViewer"])
    call = caller(api_key=made.value)
    before = call("GET", "/indexes").status_code
    scope = {"resource_type": "project", "resource_id": project_id}
    wanted = {"principal_type": "api_key", "principal_id": made.key.id, **scope}
    binding = admin.role_bindings.create(**wanted, role="ControlPlaneViewer")
    during = call("GET", "/indexes").status_code
    admin.role_bindings.delete(role_binding_id=binding.id)
    after = call("GET", "/indexes").status_code
    left = [one.role for one in admin.role_bindings.list(principal_type="api_key", principal_id=made.key.id)]
    assert (before, during, after, left) == (403, 200, 403, ["DataPlaneViewer"])
    with pytest.raises(ApiError) as refused:
        admin.role_bindings.create(**wanted, role="ProjectOwner")
    assert refused.value.status_code == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"principal_id": "none"}, NotFoundError),
        ({"resource_id": "none"}, NotFoundError),
        ({"role": "OrgMember"}, ApiError),
    ],
)
def test_a_binding_that_makes_no_sense_is_refused(admin, account, project_id, changes, error):
    made, _ = account()
    wanted = {
        "principal_type": "service_account",
        "principal_id": made.id,
        "resource_type": "project",
        "resource_id": project_id,
        "role": "ProjectViewer",
        **changes,
    }
    with pytest.raises(error):
        admin.role_bindings.create(**wanted)


@pytest.mark.parametrize("limit", ["0", "101", "many"])
def test_a_page_out_of_range_is_told_as_such(emulator, limit):
    headers = {"Authorization": f"Bearer {token_of(emulator)}", "X-Pinecone-Api-Version": "2026-07"}
    answer = httpx.get(f"{emulator.url}/admin/users", params={"limit": limit}, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "OUT_OF_RANGE")


@pytest.mark.parametrize(("version", "status"), [("2025-04", 404), ("2025-10", 404), ("2026-04", 200)])
def test_people_came_with_2026_04(emulator, version, status):
    headers = {"Authorization": f"Bearer {token_of(emulator)}", "X-Pinecone-Api-Version": version}
    assert httpx.get(f"{emulator.url}/admin/users", headers=headers).status_code == status
