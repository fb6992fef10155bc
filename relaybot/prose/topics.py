"""Data only: names of technologies and of subjects people teach each other, and everyday words that are no skill.

Where somebody only mentions what they do ("I use ..."), nothing but these names counts as a skill.
"""

from __future__ import annotations

# Names of things: wherever one of these stands, a skill is meant, in any language of the mail.
_TECHNOLOGIES = """
c, r, go, python, django, flask, fastapi, numpy, pandas, pytest, rust, tokio, golang, java, spring, spring boot, kotlin, scala, clojure, groovy,
javascript, typescript, node, node.js, nodejs, deno, react, react native, vue, vue.js, angular, svelte, next.js, jquery, html, css,
sass, tailwind, bootstrap, webassembly, wasm, php, laravel, symfony, wordpress, drupal, ruby, rails, ruby on rails, perl, lua, elixir,
phoenix framework, erlang, haskell, ocaml, f#, c#, .net, asp.net, c++, embedded c, c and c++, objective-c, swift, swiftui, dart, flutter,
julia, matlab, fortran, cobol, pascal, delphi, ada, lisp, common lisp, scheme, racket, emacs lisp, prolog, smalltalk, zig, nim, bash, zsh,
powershell, awk, sed, regex, regular expressions, assembly, assembler, vhdl, verilog, fpga, arduino, raspberry pi, esp32, stm32, rtos,
freertos, zephyr, bare metal, linux, linux kernel, kernel drivers, device drivers, debian, ubuntu, fedora, arch linux, nixos, nix, freebsd,
openbsd, windows server, active directory, systemd, docker, podman, kubernetes, k8s, helm, openshift, nomad, terraform, ansible, puppet,
chef, saltstack, vagrant, packer, aws, azure, gcp, google cloud, openstack, proxmox, vmware, ceph, zfs, git, git internals, github actions,
gitlab, gitlab ci, jenkins, ci/cd, postgresql, postgres, psql, mysql, mariadb, sqlite, oracle, sql, sql server, nosql, mongodb, redis,
elasticsearch, opensearch, cassandra, clickhouse, duckdb, neo4j, kafka, rabbitmq, mqtt, grpc, graphql, rest apis, openapi, nginx, apache,
haproxy, caddy, envoy, istio, prometheus, grafana, opentelemetry, elk, splunk, bgp, ospf, dns, dnssec, tcp/ip, ipv6, wireguard, openvpn,
postfix, dovecot, exim, imap, smtp, dkim, matrix, synapse, xmpp, irc bots, webrtc, asterisk, voip, tls, openssl, pgp, gnupg, selinux,
ebpf, wireshark, nmap, metasploit, burp suite, owasp, reverse engineering, ghidra, tensorflow, pytorch, keras, scikit-learn, jupyter, spark,
hadoop, airflow, dbt, power bi, tableau, excel, r programming, latex, tex, markdown, vim, neovim, emacs, vs code, tmux, figma, inkscape,
gimp, blender, krita, photoshop, godot, unity, unreal engine, opengl, vulkan, cuda, opencl, qt, gtk, android, ios, nvda, jaws, voiceover,
screen readers, screen reader, wcag, aria, selenium, playwright, cypress, junit, tdd, bdd, ddd, uml, scrum, kanban, cmake, bazel, gradle,
maven, gcc, llvm, clang, gdb, valgrind, ros, plc, kicad, freecad, openscad, autocad, gis, qgis, openstreetmap, postgis, sap, salesforce,
odoo, moodle, nextcloud, home assistant, cobol, ethereum, solidity, sdr, gnuradio, guix, weechat, hugo, jekyll, sphinx, webpack, vite,
emacs, k6, jmeter, rust async, async rust, async python, micropython, circuitpython, coq, lean, tla+, agda, idris, apl, forth
"""

# Subjects: skills where somebody says they do, know or want them.
_SUBJECTS = """
accessibility, a11y, databases, database, database design, database administration, backups, networking, networks, network security,
security, web security, application security, cryptography, testing, test automation, unit testing, automated testing, fuzzing,
accessibility testing, usability testing, user research, usability, ux, ui, ux design, ui design, user experience, web design,
graphic design, typography, illustration, photography, video editing, audio, audio engineering, music production, web development,
web programming, frontend, front-end, front end, backend, back-end, back end, full stack, frontend development, backend development,
mobile development, app development, game development, embedded, embedded systems, embedded development, embedded programming, firmware,
electronics, hardware, hardware design, pcb design, soldering, robotics, 3d printing, cad, iot, home automation, compilers, compiler
design, interpreters, parsers, programming language design, type theory, type systems, functional programming, object oriented
programming, concurrency, parallel programming, distributed systems, operating systems, kernels, kernel development, algorithms, data
structures, machine learning, deep learning, ai, natural language processing, nlp, computer vision, data science, data analysis, data
engineering, data visualisation, data visualization, statistics, mathematics, maths, math, linear algebra, calculus, physics, signal
processing, bioinformatics, cloud, cloud computing, devops, sre, site reliability, observability, monitoring, system administration,
sysadmin, systems administration, server administration, self-hosting, self hosting, virtualisation, virtualization, containers,
infrastructure as code, infrastructure, deployment, performance, performance tuning, query optimisation, query optimization, query plans,
profiling, debugging, refactoring, code review, code reviews, legacy code, software architecture, software design, design patterns,
microservices, api design, apis, clean code, technical writing, documentation, writing, editing, proofreading, translation,
localisation, localization, internationalisation, internationalization, public speaking, presentations, teaching, project management,
product management, product design, community management, open source, open source maintenance, licensing, free software, fundraising,
accounting, marketing, seo, leadership, team leading, management, negotiation, job interviews, freelancing, entrepreneurship, scripting,
shell scripting, shell scripts, programming, coding, computer graphics, graphics programming, simulation, gaming, mail servers, email
servers, mail server administration, digital forensics, penetration testing, pentesting, incident response, privacy, ethics,
threat modelling, threat modeling, quality assurance, qa, release engineering, packaging, build systems, version control, search engines,
information retrieval, knowledge graphs, semantic web, ontologies, maps, cartography, amateur radio, ham radio, audio programming,
web accessibility, web performance, responsive design, animation, data protection, spreadsheets, copywriting, storytelling, knitting, cooking, guitar, piano, chess
"""

# A noun phrase that ends in one of these names a skill: "contract negotiation", "kernel development".
HEADS = frozenset(
    "testing design development programming administration engineering security architecture automation analysis optimisation"
    " optimization tuning modelling modeling management scripting debugging networking databases servers compilers kernels drivers"
    " algorithms statistics writing internals deployment monitoring electronics robotics simulation visualisation visualization".split()
)

# Too general to be found by: what stands in brackets behind them is the skill.
GENERAL = frozenset(
    "databases|database|programming|coding|backend|back-end|back end|frontend|front-end|front end|web development|web|cloud|devops"
    "|networking|networks|security|embedded|embedded systems|machine learning|data science|testing|system administration|sysadmin"
    "|scripting|containers|monitoring|mobile development|app development|software development|game development|ci|cms".split(
        "|"
    )
)


def _names(text: str) -> frozenset[str]:
    return frozenset(" ".join(name.split()) for name in text.split(",") if name.strip())


TECHNOLOGIES = _names(_TECHNOLOGIES)
SUBJECTS = _names(_SUBJECTS)

# What follows "I want to learn" or "interested in" and is no skill.
NO_SKILL = frozenset(
    "more|a lot|lots|much|new things|things|thing|something|something new|something useful|anything|everything|nothing|stuff|new stuff|it"
    "|this|that|them|these|those|all|all of it|one|some|back|old|experience|work|job|a job|a new job|life|people|others|someone|somebody|anyone"
    "|everyone|everybody|you|me|us|teach|teaching others|to teach|learn|learning|learn too|help|to help|mentoring|being a mentor"
    "|mentor|mentorship|mentee|mentors|peer mentoring|taking part|take part|joining|join|participating|participation|participate"
    "|the programme|the program|programme|program|this programme|this program|project|the project|tech|technology|computers|knowledge|skills"
    "|my knowledge|my skills|my experience|what i know|whatever|whatever you need|many things|a few things|a bit|a little|a partner"
    "|partner|time|my time|a hand|a try|feedback|advice|guidance|support|good|fun|nice|kind|ideas|questions|answers|new|same|both"
    "|the same|others too|each other|together|fast|quickly|slowly|better|well|properly|again|too|also|here|there|now|practice|theory"
    "|by doing|english lessons|beginners|a beginner|newcomers|students|juniors|meeting people|making friends|friends|year|years|month"
    "|company|business|opportunity|opportunities|partnership|proposal|services|profile|position|role|candidates|price|offer|offers".split(
        "|"
    )
)
