#include "postgres/statements.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using namespace rondeau;
using postgres::Statements;
using postgres::TypeId;

const std::vector<TypeId> kNone;
const std::vector<TypeId> kInt{23};

TEST_CASE("postgres: a statement is known by its text and the types of its parameters") {
  Statements statements(8);
  auto& first = statements.find("select 1", kNone);
  first.uses = 7;
  CHECK(&statements.find("select 1", kNone) == &first);
  CHECK(statements.find("select 1", kInt).uses == 0);
  CHECK(statements.find("select 2", kNone).uses == 0);
  CHECK(statements.size() == 3);
}

TEST_CASE("postgres: the statement that was not used for the longest time gives way, and the server is told") {
  Statements statements(2);
  statements.find("a", kNone).name = statements.next_name();
  statements.find("b", kNone).name = statements.next_name();
  statements.find("a", kNone);
  statements.find("c", kNone);
  CHECK(statements.size() == 2);
  CHECK(statements.take_obsolete() == std::vector<std::string>{"s2"});
  CHECK_FALSE(statements.has_obsolete());
  CHECK(statements.find("a", kNone).name == "s1");
}

TEST_CASE("postgres: what is in flight does not give way") {
  Statements statements(1);
  auto& first = statements.find("a", kNone);
  first.in_flight = true;
  auto& second = statements.find("b", kNone);
  CHECK(first.text == "a");
  CHECK(second.text == "b");
  CHECK(statements.size() == 2);
  first.in_flight = false;
  statements.find("c", kNone);
  CHECK(statements.size() == 1);
}

TEST_CASE("postgres: a forgotten statement is deallocated only where the server still has it") {
  Statements statements(2);
  auto& known = statements.find("a", kNone);
  known.name = statements.next_name();
  known.in_binary = true;
  statements.forget(known, Statements::AtServer::Gone);
  CHECK(known.name.empty());
  CHECK_FALSE(known.in_binary);
  CHECK_FALSE(statements.has_obsolete());
  known.name = statements.next_name();
  statements.forget(known, Statements::AtServer::StillThere);
  CHECK(statements.take_obsolete() == std::vector<std::string>{"s2"});
}

}  // namespace
