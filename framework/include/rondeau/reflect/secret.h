// Secret<std::string> as a member: read from JSON, settings and forms like text, written as "***". Its form stands with
// the class, so that nobody can forget it.
#pragma once

#include <rondeau/crypto/secret.h>
