// The history of a room as a file for spreadsheets.
#pragma once

#include <string>

#include "messages.h"

namespace chat {

/// As RFC 4180 has it, with the line break.
inline constexpr const char* kCsvHeader = "id,at,from,text\r\n";
void append_csv(std::string& out, const out::Message& message);

}  // namespace chat
