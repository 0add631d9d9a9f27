"""`manage.py bench`: how fast ingest is, beside what the database alone can do on the same machine in the same run.

installation.py makes an installation of its own, workload.py says what is sent, ingest.py measures it.
docs/bench.md tells how to read what comes out.
"""
