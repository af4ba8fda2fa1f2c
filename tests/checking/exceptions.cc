/* Stacks that unwinding tears down, regular expressions' deep recursion, threads. */
#include <map>
#include <memory>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

static int sink;

static void fall(int depth, const std::string &why) {
    std::vector<std::string> held(3, why + std::to_string(depth));
    if (depth == 0)
        throw std::runtime_error(why + " at the bottom of it all");
    fall(depth - 1, why);
    sink += (int)held.size();
}

static void climb(int rounds) {
    for (int i = 0; i < rounds; i++) {
        try {
            fall(i % 30, "round " + std::to_string(i));
        } catch (const std::exception &problem) {
            sink += (int)std::string(problem.what()).size();
        }
    }
}

static void match() {
    const std::regex pattern("(([a-z]+)[0-9]*)+-([a-z]*)*x");
    for (int i = 0; i < 20; i++) {
        const std::string text =
            "ab" + std::to_string(i) + "cd-" + std::string(i, 'e') + "x";
        sink += std::regex_search(text, pattern);
    }
}

static void keep() {
    std::map<std::string, std::shared_ptr<std::vector<int>>> kept;
    for (int i = 0; i < 500; i++) {
        auto &entry = kept[std::to_string(i * 7919 % 211) + " is its key"];
        if (!entry)
            entry = std::make_shared<std::vector<int>>();
        entry->push_back(i);
    }
}

int main() {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([i] {
            climb(40 + i);
            match();
            keep();
        });
    for (auto &thread : threads)
        thread.join();
    return 0;
}
