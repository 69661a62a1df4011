def test_it(bench):
    got = bench.login()
    print(got)
