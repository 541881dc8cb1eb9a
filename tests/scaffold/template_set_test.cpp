#include "template_set.h"

#include <string>

#include <doctest/doctest.h>

#include "record.h"
#include "support/temporary_directory.h"

using namespace rondeau::tool;

namespace {

Record record_of(const std::string& of, const std::string& db) {
  return {"my-orders",
          of,
          1,
          "0.1.0",
          {{"port", "8080"},
           {"db", db},
           {"in_tree", "no"},
           {"container", "yes"},
           {"k8s", "yes"},
           {"systemd", "yes"},
           {"ci", "yes"}},
          {}};
}

}  // namespace

TEST_CASE("tool: every template renders with every database, and says what it is for") {
  const auto templates = TemplateSet::open(std::nullopt).value();
  CHECK(templates.list().size() == 5);
  for (const TemplateInfo& info : templates.list()) {
    CHECK(!info.summary.empty());
    for (const char* db : {"none", "sqlite", "postgres"}) {
      CAPTURE(info.name);
      CAPTURE(db);
      const auto tree = templates.render(info.name, vocabulary_of(record_of(info.name, db)));
      REQUIRE_MESSAGE(tree, tree.error().sentence);
      CHECK(tree->contains("src/main.cpp"));
      CHECK(tree->contains(".gitignore"));
      CHECK(tree->contains("deploy/my-orders.service"));
      CHECK(tree->contains("migrations/0001_init.sql") == (std::string(db) != "none"));
      for (const auto& [path, content] : *tree) {
        CAPTURE(path);
        CHECK(path.find("{{") == std::string::npos);
        CHECK(content.find("\n\n\n") == std::string::npos);
      }
    }
  }
}

TEST_CASE("tool: parts of the answer are left out with all their files") {
  const auto templates = TemplateSet::open(std::nullopt).value();
  Record record = record_of("http", "sqlite");
  for (const char* part : {"container", "k8s", "systemd", "ci"}) record.answers[part] = "no";
  const auto tree = templates.render("http", vocabulary_of(record)).value();
  for (const auto& [path, content] : tree) {
    CAPTURE(path);
    CHECK((path.find("deploy/") != 0 || path == "deploy/README.md"));
    CHECK(path.find(".github") != 0);
    CHECK(path != ".dockerignore");
  }
}

TEST_CASE("tool: a folder of one's own is as good, and mistakes in it are told with file and line") {
  const support::TemporaryDirectory scratch;
  const fs::path root = scratch.path();
  REQUIRE(write_file(root / "mine/template.json", R"({"version": 7, "summary": "ours"})"));
  REQUIRE(write_file(root / "mine/dot-x/{{ns}}.txt", "{{name}}\n"));
  REQUIRE(write_file(root / "common/a.txt", "common\n"));
  REQUIRE(write_file(root / "common/b.txt", "common\n"));
  REQUIRE(write_file(root / "mine/b.txt", "{{#if db}}\nb\n{{/if}}\n"));
  const auto templates = TemplateSet::open(root.string()).value();
  CHECK(templates.find("mine")->version == 7);
  CHECK(templates.find("mien").error().sentence == "there is no template \"mien\", did you mean mine?");
  const Tree tree = templates.render("mine", vocabulary_of(record_of("mine", "none"))).value();
  CHECK(tree == Tree{{".x/my_orders.txt", "my-orders\n"}, {"a.txt", "common\n"}});

  REQUIRE(write_file(root / "mine/c.txt", "\n{{nmae}}\n"));
  const auto broken = TemplateSet::open(root.string())->render("mine", vocabulary_of(record_of("mine", "none")));
  REQUIRE(!broken);
  CHECK(broken.error().sentence == "mine/c.txt:2: \"{{nmae\" is no word of templates");
  CHECK(!TemplateSet::open("/nowhere/at/all"));
}

TEST_CASE("tool: a record is read as it was written") {
  const support::TemporaryDirectory scratch;
  Record record = record_of("worker", "postgres");
  record.files["src/main.cpp"] = hash_of("x");
  REQUIRE(write_file(fs::path(scratch.path()) / kRecord, text_of(record)));
  const Record read = read_record(scratch.path()).value();
  CHECK(text_of(read) == text_of(record));
  CHECK(read.answers == record.answers);
  REQUIRE(write_file(fs::path(scratch.path()) / kRecord, "{"));
  CHECK(read_record(scratch.path()).error().code == kFailed);
  CHECK(read_record("/nowhere").error().code == kRefused);
}
