import pytest
from mock_eherkenning_client import RoadStopped

START = "/eherkenning/login/"


def test_login(site, eherkenning_broker):
    landing = eherkenning_broker.login(START, person="m.devries", app=site)
    assert landing.status == 200
    assert landing.response.wsgi_request.user.username == "90000012"
    exchange = eherkenning_broker.exchanges.wait_for(person="m.devries")
    assert exchange.outcome == "success"


def test_who_cancels_is_not_logged_in(site, eherkenning_broker):
    landing = eherkenning_broker.login(START, person="m.devries", cancel="login", app=site)
    assert landing.answer.outcome == "cancelled"
    assert not landing.response.wsgi_request.user.is_authenticated


def test_who_has_no_mandate_any_more_does_not_come_back(site, eherkenning_broker):
    with eherkenning_broker.scenario("mandate-expired"), pytest.raises(RoadStopped):
        eherkenning_broker.login(START, person="m.devries", app=site)
