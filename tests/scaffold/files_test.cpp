#include "files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include <doctest/doctest.h>

#include "support/temporary_directory.h"

using namespace rondeau::tool;

namespace {

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("tool: a folder is written whole, with its links, where there was none or an empty one") {
  const support::TemporaryDirectory scratch;
  const fs::path root = scratch.path();
  CHECK(write_folder(root / "a/b", {{"x.txt", "1"}, {"c/y.txt", "2"}}, {{"s/link", "/nowhere"}}));
  CHECK(read_file(root / "a/b/c/y.txt").value() == "2");
  CHECK(fs::read_symlink(root / "a/b/s/link") == "/nowhere");
  CHECK(entries(root / "a") == 1);
  fs::create_directory(root / "empty");
  CHECK(is_free(root / "empty"));
  CHECK(write_folder(root / "empty", {{"x.txt", "1"}}, {}));
  CHECK(!is_free(root / "empty"));
}

TEST_CASE("tool: a folder that cannot be written leaves nothing") {
  const support::TemporaryDirectory scratch;
  const fs::path root = scratch.path();
  REQUIRE(write_file(root / "full/x.txt", "mine"));
  CHECK(!write_folder(root / "full", {{"x.txt", "1"}}, {}));  // somebody filled it meanwhile
  CHECK(read_file(root / "full/x.txt").value() == "mine");
  CHECK(!write_folder(root / "new", {{"x", "1"}, {"x/y", "2"}}, {}));  // x is a file
  CHECK(!fs::exists(root / "new"));
  CHECK(entries(root) == 1);
  if (geteuid() != 0) {
    fs::create_directory(root / "closed");
    chmod((root / "closed").c_str(), 0555);
    const auto written = write_folder(root / "closed/new", {{"x", "1"}}, {});
    REQUIRE(!written);
    CHECK(written.error().code == kRefused);
    chmod((root / "closed").c_str(), 0755);
  }
}

TEST_CASE("tool: a file is replaced whole, and digests are SHA-256") {
  const support::TemporaryDirectory scratch;
  const fs::path file = fs::path(scratch.path()) / "d/x.txt";
  CHECK(write_file(file, "one"));
  CHECK(write_file(file, "two"));
  CHECK(read_file(file).value() == "two");
  CHECK(entries(file.parent_path()) == 1);
  CHECK(!read_file(file.parent_path()));
  CHECK(!read_file(file.parent_path() / "none"));
  CHECK(hash_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
