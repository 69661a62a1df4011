"""The road map, a module a theme; importing this fills ``road.ROADS``, in the order of the themes."""

from journeys.roads import (
    a_suppliers,
    b_login,
    c_codes,
    d_means,
    e_mandates,
    f_consent,
    g_phone,
    h_forgotten,
    i_sessions,
    j_requests,
    k_testers,
)

__all__ = [
    "a_suppliers",
    "b_login",
    "c_codes",
    "d_means",
    "e_mandates",
    "f_consent",
    "g_phone",
    "h_forgotten",
    "i_sessions",
    "j_requests",
    "k_testers",
]
