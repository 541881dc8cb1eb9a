#include "markers.h"

#include <string>

#include <doctest/doctest.h>

using namespace rondeau::tool;

TEST_CASE("tool: a line goes before the closing marker, indented as that is, once") {
  std::string text = "a\n  // >>> routes\n  // <<< routes\nb\n";
  CHECK(insert_between(text, "routes", "one();") == Inserted::Yes);
  CHECK(insert_between(text, "routes", "two();") == Inserted::Yes);
  CHECK(text == "a\n  // >>> routes\n  one();\n  two();\n  // <<< routes\nb\n");
  CHECK(insert_between(text, "routes", "one();") == Inserted::AlreadyThere);
  CHECK(text == "a\n  // >>> routes\n  one();\n  two();\n  // <<< routes\nb\n");
}

TEST_CASE("tool: markers in Meson are comments of Meson, and those of another place are not meant") {
  std::string text = "# >>> tests\n# <<< tests\n    # >>> sources\n    # <<< sources\n";
  CHECK(insert_between(text, "sources", "'x.cpp',") == Inserted::Yes);
  CHECK(text == "# >>> tests\n# <<< tests\n    # >>> sources\n    'x.cpp',\n    # <<< sources\n");
}

TEST_CASE("tool: a line outside of the markers does not count as being there") {
  std::string text = "one();\n// >>> routes\n// <<< routes\none();\n";
  CHECK(insert_between(text, "routes", "one();") == Inserted::Yes);
}

TEST_CASE("tool: without a pair of markers nothing is changed") {
  for (const char* before : {"", "// >>> routes\n", "// <<< routes\n", "// <<< routes\n// >>> routes\n",
                             "// >>> routes\n// >>> routes\n// <<< routes\n",
                             "// >>> routes\n// <<< routes\n// <<< routes\n", "x // >>> routes\n// <<< routes\n"}) {
    CAPTURE(before);
    std::string text = before;
    CHECK(insert_between(text, "routes", "one();") == Inserted::NoMarkers);
    CHECK(text == before);
  }
}
