// JSON both ways: json::parse<T>(text), json::to_string(value), json::write(value, out).
#pragma once

#include <rondeau/json/errors.h>
#include <rondeau/json/read.h>
#include <rondeau/json/write.h>
