/** Version of the link codec and of scenario files. A change of a knob's name or meaning raises it and adds an upgrade. */
export const scenarioVersion = 1;

/** Version of the simulation: raised when equal scenarios give other results than before. */
export const simulatorVersion = 1;
