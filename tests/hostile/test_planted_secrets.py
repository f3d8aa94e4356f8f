"""Planted secrets come back in answers, errors and models' words, and are found nowhere."""

from __future__ import annotations

from model_answers import Answer
from model_server import ModelServer
from planted import MODEL_KEY, SECRETS, Person, echo, said_as
from web_site import Site


def plan_of(site: Site, name: str, path: str = "/echo") -> str:
    headers = f'{{"Authorization": "Bearer secret:{name}"}}'
    return f'http_request("GET", "{site.origin}{path}", headers={headers})'


def test_a_server_that_echoes_secrets_leaves_no_trace(
    person: Person, site: Site, model_server: ModelServer
) -> None:
    for path in ("/echo", "/fails"):
        site.on(path, echo)
    steps = [
        f"got_{name} = {plan_of(site, name)}\n"
        f"bad_{name} = {plan_of(site, name, '/fails')}\n"
        f"sent_{name} = {plan_of(site, name).replace('GET', 'POST')}\n"
        f'told_{name} = write_text("Sum up {name}", inputs=[got_{name}.text, bad_{name}.headers])\n'
        f'also_{name} = write_text("Read it", inputs=[sent_{name}.json, sent_{name}.headers])\n'
        for name in SECRETS
    ]
    all_said = " ".join(f"{{got_{name}.text}} {{told_{name}.text}}" for name in SECRETS)
    model_server.add(
        Answer("".join(steps) + f'answer(f"{all_said}")\n'),
        *(
            Answer(chunks=["It says ", *value, " and no more."], when=f"Sum up {name}")
            for name, value in SECRETS.items()
        ),
        Answer("Read.", repeat=True),
    )
    done = person("run", "Ask it", "--yes", "--json")
    assert done.code == 0, done.err
    for name in SECRETS:  # the planner knows what it may use; `traces` looks for the values
        assert f"`{name}` goes to {site.origin} only" in model_server.requests[0].system
    came = sorted(visit.headers["authorization"] for visit in site.visits)
    assert came == sorted(f"Bearer {value}" for value in SECRETS.values() for _ in range(3))
    for name in SECRETS:
        assert f"It says [secret {name}] and no more." in done.lines[-1]["answer"]
    person("show", "last")
    assert person.traces(model_server) == {}


def test_careless_tools_leave_no_trace(person: Person, model_server: ModelServer) -> None:
    calls = [
        f'{tool}("{name}") or answer("failed")'
        for name in SECRETS
        for tool in ("break_with", "complain_with", "tell")
    ]
    plan = person.butler.plan("\n".join(calls) + '\nwrite_text("Go on")\n')
    model_server.add(Answer(text="Well", repeat=True))
    done = person("run", "--plan", plan, "--yes", "--json")
    assert done.code == 0, done.err
    log = (person.butler.home / "butler.log").read_text()
    assert "RuntimeError: the key [secret VAULT_TOKEN] was refused" in log
    assert "The key [secret RING_TOKEN] was refused." in done.out
    person("show", "last", "--json")
    assert person.traces(model_server) == {}


def test_a_model_that_echoes_its_key_leaves_no_trace(
    person: Person, site: Site, model_server: ModelServer
) -> None:
    model_server.add(
        Answer(
            chunks=[
                'answer("your key is ',
                *(MODEL_KEY[at : at + 3] for at in range(0, 40, 3)),
                '")',
            ]
        )
    )
    done = person("run", "Which key do I have?", "--json")
    assert done.code == 0, done.err
    assert "your key is [secret BUTLER_KEY_127" in done.lines[-1]["answer"]
    model_server.add(
        Answer(status=400, repeat=True, error={"message": " ".join(said_as(MODEL_KEY))})
    )
    assert person("run", "And now?").code == 1
    assert person("doctor").code == 1
    assert person.traces(model_server) == {}


def test_a_secret_in_the_goal_and_in_files_goes_no_further(
    person: Person, model_server: ModelServer
) -> None:
    (person.butler.folder / "notes.txt").write_text(f"token {SECRETS['ENV_TOKEN']}\n")
    model_server.add(
        Answer('page = read_file("notes.txt")\ntold = write_text("Sum up", inputs=[page.text])\n'),
        Answer("Done."),
    )
    done = person("run", f"Use {SECRETS['ENV_TOKEN']}", "--yes", "--json")
    assert done.code == 0, done.err
    assert done.lines[0]["goal"] == "Use [secret ENV_TOKEN]"
    writing = model_server.requests[1]
    assert "token [secret ENV_TOKEN]" in writing.raw
    assert person.traces(model_server) == {}


def test_doctor_and_lists_name_sources_and_no_values(
    person: Person, model_server: ModelServer
) -> None:
    model_server.add(Answer('answer("hello")', repeat=True))
    said = person("doctor").out
    for name, source in {
        "ENV_TOKEN": "the environment",
        "RING_TOKEN": "the keyring",
        "VAULT_TOKEN": "the vault",
        "FILE_TOKEN": "the file named in [secrets]",
    }.items():
        assert f"ok  secret {name}: from {source}" in said
    assert "VAULT_TOKEN" in person("secrets", "list").out
    assert person.traces(model_server) == {}


def test_other_hosts_get_nothing_and_literals_are_refused(
    person: Person, site: Site, model_server: ModelServer
) -> None:
    config = person.butler.home / "config.toml"
    config.write_text(config.read_text().replace(f"ENV_TOKEN = ['{site.origin}']", ""))
    literal = f'http_request("GET", "{site.origin}/", headers={{"X-Api-Key": "{"abc" * 4}"}})'
    plan = person.butler.plan(f"{plan_of(site, 'ENV_TOKEN')}\n{literal}\n")
    done = person("run", "--plan", plan, "--yes", "--json")
    assert done.code == 1
    codes = [line["code"] for line in done.lines if line["type"] == "step_failed"]
    assert set(codes) == {"secret_not_bound", "literal_secret"}
    assert site.visits == []
