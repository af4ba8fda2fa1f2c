// The C++ side: containers, sized and array deletes, exceptions, what libstdc++ allocates.
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

struct alignas(128) wide {
    char bytes[200];
};

int main() {
    std::map<std::string, std::vector<int>> ordered;
    std::unordered_map<int, std::unique_ptr<wide>> hashed;
    for (int i = 0; i < 3000; i++) {
        ordered[std::to_string(i % 500) +
                std::string(static_cast<std::size_t>(i % 60), 'k')]
            .push_back(i);
        if (i % 3 == 0)
            hashed[i] = std::make_unique<wide>();
    }
    int caught = 0;
    for (int i = 0; i < 100; i++)
        try {
            throw std::runtime_error(std::string(static_cast<std::size_t>(i), 'e'));
        } catch (const std::exception &error) {
            caught += error.what()[0] == 'e';
        }
    std::ostringstream text;
    std::ifstream file("/proc/self/comm");
    std::string line;
    std::getline(file, line);
    text << ordered.size() << hashed.size() << caught;
    delete[] new std::string[10];
    std::cout << text.str() << "\n";
}
