// Places and times, as errors and log lines say them.
#pragma once

#include <source_location>
#include <string>

#include <rondeau/base/instant.h>

namespace rondeau::connect {

/// "db.cpp:40"
std::string place(const std::source_location& where);
/// "5 s", "250 ms", "40 us"
std::string human(Duration span);

}  // namespace rondeau::connect
