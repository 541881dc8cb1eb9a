// What a test says: explore this scenario, or: the explorer must find what is wrong with this one.
#pragma once

#include <functional>
#include <string>

#include "support/model/engine.h"

namespace support::model {

/// Runs the scenario in every order within the limits and fails the test with the steps of a run that went wrong.
/// Prints "name: N interleavings". With RONDEAU_SCHEDULE="name=schedule" only that run is made, and told.
void explore(const char* name, const Limits& limits, std::function<void()> scenario);
inline void explore(const char* name, std::function<void()> scenario) {
  explore(name, Limits(), std::move(scenario));
}

/// The scenario is wrong on purpose: fails the test unless a run goes wrong with `expected` in its message, and does so
/// again when its schedule is replayed.
void find_fault(const char* name, const char* expected, const Limits& limits, std::function<void()> scenario);
inline void find_fault(const char* name, const char* expected, std::function<void()> scenario) {
  find_fault(name, expected, Limits(), std::move(scenario));
}

}  // namespace support::model
