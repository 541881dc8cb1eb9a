#include "names.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

using namespace rondeau::tool;

TEST_CASE("tool: names of services that are hosts, units and namespaces") {
  for (const char* name : {"orders", "my-orders", "a1", "payments2", "chat", "jobs", "conduit"}) {
    CAPTURE(name);
    CHECK(check_service_name(name));
  }
  CHECK(check_service_name("a" + std::string(62, 'b')));
}

TEST_CASE("tool: names that no service can have are refused with one sentence, and say why") {
  struct Row {
    std::string name;
    std::string_view why;
  };
  const Row rows[] = {
      {"", "2 to 63"},
      {"x", "2 to 63"},
      {"Orders", "2 to 63"},
      {"1st", "2 to 63"},
      {"my_orders", "2 to 63"},
      {"../x", "2 to 63"},
      {"o r", "2 to 63"},
      {"ab" + std::string(62, 'c'), "2 to 63"},
      {"orders-", "host name"},
      {"int", "word of C++"},
      {"co-await", "word of C++"},
      {"namespace", "word of C++"},
      {"std", "taken"},
      {"rondeau", "taken"},
      {"doctest", "taken"},
      {"main", "taken"},
      {"test", "Meson"},
      {"install", "Meson"},
      {"time", "C library"},
      {"index", "C library"},
      {"log", "C library"},
      {"aligned-alloc", "C library"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const auto checked = check_service_name(row.name);
    REQUIRE(!checked);
    CHECK(checked.error().code == kRefused);
    CHECK(checked.error().sentence.find(row.why) != std::string::npos);
    CHECK(checked.error().sentence.find('\n') == std::string::npos);
  }
}

TEST_CASE("tool: what becomes of a name") {
  CHECK(identifier_of("my-orders") == "my_orders");
  CHECK(upper_of("my-orders2") == "MY_ORDERS2");
  CHECK(check_part_name("a job", "clean_up-now"));
  CHECK(!check_part_name("a job", "Cleanup"));
  CHECK(!check_part_name("a job", "delete"));
}
