// Hears the failures that test support tells, instead of doctest.
#pragma once

#include <string>
#include <vector>

#include <rondeau/base/test_failure.h>

namespace test_test {

class Failures {
 public:
  Failures() : before_(rondeau::base::set_test_failure_handler(&hear)) { heard().clear(); }
  Failures(const Failures&) = delete;
  Failures& operator=(const Failures&) = delete;
  ~Failures() { rondeau::base::set_test_failure_handler(before_); }

  static const std::vector<std::string>& all() { return heard(); }
  static bool one(std::string_view part) { return heard().size() == 1 && heard()[0].find(part) != std::string::npos; }
  static unsigned line() { return last_line(); }

 private:
  static std::vector<std::string>& heard() {
    static std::vector<std::string> sentences;
    return sentences;
  }
  static unsigned& last_line() {
    static unsigned line = 0;
    return line;
  }
  static void hear(std::string_view sentence, std::source_location where) {
    heard().emplace_back(sentence);
    last_line() = where.line();
  }

  rondeau::base::TestFailureHandler before_;
};

}  // namespace test_test
