"""A crew that answers questions about products from the manuals."""

from crewai import Agent, Crew, Process, Task
from crewai_tools import FileReadTool

reader = Agent(
    role="Manual reader",
    goal="Find the page that answers the question",
    backstory="Knows every manual since 1998.",
    tools=[FileReadTool(file_path="manuals/index.md")],
    max_iter=10,
)

writer = Agent(
    role="Answer writer",
    goal="Say it in three sentences",
    backstory="Used to write for a newspaper.",
    max_iter=5,
)

find = Task(description="Find the answer to: {question}", expected_output="A page number", agent=reader)
write = Task(description="Write the answer", expected_output="Three sentences", agent=writer, context=[find])

crew = Crew(agents=[reader, writer], tasks=[find, write], process=Process.sequential)
