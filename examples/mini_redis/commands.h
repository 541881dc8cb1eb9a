// The commands that need nothing but the keyspace.
#pragma once

#include <string_view>

#include "database.h"
#include "resp.h"

namespace mini_redis {

/// In capitals: how clients write a command's name does not matter.
std::string name_of(const Command& command);

Failure wrong_number_of_arguments(const Command& command);

/// What the command does with the keys, and its answer; a failure where nobody knows such a command.
Reply run(Database& database, Command command);

}  // namespace mini_redis
